"""The command that asks recorded queries again."""

import json
import shutil
from pathlib import Path

import pytest

from muster.testing.conformance.program import run

GOLDEN = Path(__file__).parents[2] / "golden" / "influx"


@pytest.fixture
def told():
    return []


def test_without_a_url_a_hub_in_this_process_is_asked(told, tmp_path):
    for name in ("golden_http.json", "golden_queries.json", "golden_dataset.lp"):
        shutil.copy(GOLDEN / name, tmp_path)

    assert run(["influx", str(tmp_path)], told.append) == 1  # one is answered as 2.x does
    assert told[-1] == "251 passed, 1 failed\n"


def test_failures_are_told_and_counted_last(told, tmp_path):
    answer = {"status": 400, "json": {}}
    case = {"name": "one", "q": "SELECT", "params": {}, "volatile": False, "answer": answer}
    (tmp_path / "golden_queries.json").write_text(json.dumps({"cases": [case]}))
    (tmp_path / "golden_dataset.lp").write_text("m v=1 7")

    assert run(["influx", str(tmp_path)], told.append) == 1
    assert told[0].startswith("one\nSELECT\n--- recorded")
    assert told[-1] == "0 passed, 1 failed\n"


@pytest.mark.parametrize(
    "words", [["influx", "/nowhere"], ["influx", str(GOLDEN), "--url", "ftp://h"]]
)
def test_what_cannot_be_asked_is_said(told, words):
    assert run(words, told.append) == 2
    assert len(told) == 1
