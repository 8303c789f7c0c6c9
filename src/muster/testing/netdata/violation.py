"""What a hub did that a real Netdata agent would choke on."""


class Violation(Exception):
    """A rule of the wire was broken by the hub; `section` is the specification's."""

    def __init__(self, section: str, text: str) -> None:
        super().__init__(f"section {section}: {text}")
        self.section = section


def demand(section: str, kept: object, text: str) -> None:
    """Nothing when the rule is kept. Errors: Violation."""
    if not kept:
        raise Violation(section, text)
