import io
import json
import logging

import pytest

from muster import log


@pytest.fixture(autouse=True)
def _restore_root_logger():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def logged(**fields: object) -> str:
    stream = io.StringIO()
    log.set_up("info", stream, as_json=False)
    logging.getLogger("muster.x").warning("link lost", extra=fields)
    return stream.getvalue()


def test_a_line_is_a_constant_message_with_fields():
    assert logged(node="n1", seconds=3).rstrip().endswith("warning link lost node=n1 seconds=3")


def test_a_host_name_cannot_forge_a_line():
    line = logged(host="web\n2026-01-01T00:00:00Z error forged")

    assert line.count("\n") == 1
    assert r"\n2026" in line


def test_a_secret_never_shows_its_text():
    secret = log.Secret("hunter2")

    assert "hunter2" not in logged(password=secret) + repr(secret) + f"{secret}"
    assert secret.reveal() == "hunter2"


def test_json_lines_carry_the_fields_and_the_traceback():
    stream = io.StringIO()
    log.set_up("info", stream, as_json=True)
    try:
        raise ValueError("no")
    except ValueError:
        logging.getLogger("muster.x").exception("it failed", extra={"node": "n1"})
    line = json.loads(stream.getvalue())

    assert (line["message"], line["node"], line["level"]) == ("it failed", "n1", "error")
    assert "ValueError: no" in line["traceback"]
