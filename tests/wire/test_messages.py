import re
from pathlib import Path

import msgspec
import pytest

import muster.wire.messages
from muster.model.clone import Holder
from muster.model.inventory import Facts
from muster.wire.link import FORMS
from muster.wire.messages import Ack, Hello, Later, Welcome


def aliases() -> dict[str, str]:
    """The source's own words for the types of fields."""
    source = Path(muster.wire.messages.__file__).read_text()
    return dict(re.findall(r"^    (\w+): (.+?)(?: = .*?)?(?:  # .*)?$", source, re.MULTILINE))


def kind_of(field) -> str:
    if field.type in (Facts, Holder):
        return "map (below)"
    text = str(aliases()[field.name])
    if text.startswith("Annotated"):
        text = text.split("[")[1].split(",")[0]
    return {
        "Natural": "natural",
        "Name": "text, 256",
        "Text": "text, 4096",
        "Seconds": "number, 0 to 86400",
        "Names": "list of text, 64",
        "Versions": "list of naturals, 64",
        "str": "text",
        "int": "integer",
        "float": "number",
        "dict[str, Any]": "map",
        "Any": "any value",
    }.get(text, text)


def test_the_page_of_the_format_lists_every_message_and_field(same_on_page):
    rows = ["| byte | message | field | type | may be left out |\n|---|---|---|---|---|\n"]
    for kind, form in FORMS.items():
        for n, field in enumerate(msgspec.structs.fields(kind)):
            first = (str(form.number), kind.__name__) if not n else ("", "")
            optional = "" if field.required else "yes"
            cells = (*first, f"`{field.name}`", kind_of(field), optional)
            rows.append(f"| {' | '.join(cells)} |\n".replace("|  |", "| |").replace("|  |", "| |"))

    same_on_page("messages", "".join(rows))


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Ack, {"sequence": -1}),
        (Ack, {"sequence": 1 << 63}),
        (Later, {"acked": 1, "retry_after_s": float("nan"), "reason": ""}),
        (Later, {"acked": 1, "retry_after_s": 1e9, "reason": ""}),
        (Later, {"acked": 1, "retry_after_s": 1.0, "reason": "x" * 5_000}),
        (
            Welcome,
            {"version": 1, "node": "", "name": "", "acked": 0, "time_ns": 0, "heartbeat_s": 0.0},
        ),
        (Hello, {"versions": [1] * 65, "epoch": "", "first": 1, "last": 0, "time_ns": 0}),
    ],
)
def test_a_field_out_of_its_bounds_is_refused(kind, fields):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(fields, kind)
