import re
from pathlib import Path

import msgspec

import muster.wire.limits
from muster.wire.limits import Limits


def test_the_page_of_the_format_lists_every_limit(same_on_page):
    source = Path(muster.wire.limits.__file__).read_text()
    reasons = dict(re.findall(r"^    (\w+): int = .*?  # (.*)$", source, re.MULTILINE))
    rows = ["| limit | at most | of |\n|---|---|---|\n"]
    rows += [
        f"| `{field.name}` | {field.default:,} | {reasons[field.name]} |\n"
        for field in msgspec.structs.fields(Limits)
    ]

    same_on_page("limits", "".join(rows))
