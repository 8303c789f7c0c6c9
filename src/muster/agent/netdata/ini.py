"""Settings files in Netdata's form: `[section]`, `name = value`, `#` before a comment.

Read by their rules: names keep blanks within, a later line wins, what is before the first
section and lines of another form are skipped.
"""

from collections.abc import Mapping

MAX_BYTES = 64 << 10
_YES = frozenset(("yes", "true", "on", "auto", "auto on", "on demand", "1"))
_NO = frozenset(("no", "false", "off", "0"))

Sections = dict[str, dict[str, str]]


def parse(text: str) -> Sections:
    """Sections by name, their settings by name; never fails."""
    found: Sections = {}
    section: dict[str, str] | None = None
    for line in text[:MAX_BYTES].splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            section = found.setdefault(line[1:-1].strip(), {})
        elif section is not None and line and not line.startswith("#"):
            name, equals, value = line.partition("=")
            if equals and name.strip():
                section[name.strip()] = value.strip()
    return found


def format_sections(sections: Mapping[str, Mapping[str, str]]) -> str:
    """The text of a file. A value ends at its line's end, so a line break becomes a blank."""
    lines: list[str] = []
    for name, settings in sections.items():
        lines.append(f"[{name}]")
        lines += [f"  {key} = {' '.join(value.split())}" for key, value in settings.items()]
    return "".join(f"{line}\n" for line in lines)


def is_on(value: str, otherwise: bool) -> bool:
    """A yes or no in any of its spellings; `otherwise` for another text."""
    word = value.strip().lower()
    return word in _YES or (otherwise and word not in _NO)
