"""Cookies of the plain kind, as browsers send ours back: names and values, nothing quoted.

All else is left to the HTTP library, whose answer to it is the one that counts.

Source: RFC 6265, 4.1.1 and 4.2.1
"""

import re
from collections.abc import Mapping

_MOST = 64
_PAIR = re.compile(r"([!#%&'*+.^_`|~0-9A-Za-z-]{1,256})=([!#-+\--:<-\[\]-~]*)")


def plain_cookies(text: str) -> Mapping[str, str] | None:
    """Of a Cookie header; None when it is of another kind, or names a cookie twice."""
    pairs = text.split("; ")
    if len(pairs) > _MOST:
        return None
    found = [_PAIR.fullmatch(pair) for pair in pairs]
    cookies = {each[1]: each[2] for each in found if each is not None}
    return cookies if len(cookies) == len(pairs) else None
