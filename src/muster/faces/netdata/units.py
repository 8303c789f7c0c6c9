"""Units in Netdata's words, as far as something depends on them."""

_SHARES = ("%", "percent", "celsius", "fahrenheit", "kelvin", "rpm", "volts", "hz", "status")


def are_shares(units: str) -> bool:
    """Whether values of several instances are averaged: shares, temperatures and the like.

    All others are amounts, and are added up.
    """
    lower = units.lower()
    return any(word in lower for word in _SHARES)
