from pathlib import Path

import msgspec
import pytest

from muster.model.finding import Finding, judge_room


def test_a_finding_is_read_by_scripts_under_stable_names():
    finding = Finding(step="disk", ok=False, text="full", remedy="free space")

    assert msgspec.to_builtins(finding) == {
        "step": "disk",
        "ok": False,
        "text": "full",
        "remedy": "free space",
    }


@pytest.mark.parametrize(("free", "ok"), [(99, False), (100, None), (199, None), (200, True)])
def test_room_on_a_disk_is_judged_by_what_is_needed(free, ok):
    finding = judge_room(Path("/srv"), free << 20, 100 << 20, below="values are lost")

    assert finding.ok is ok
    assert finding.text == f"{free} MiB free below /srv, 100 MiB are needed"
    assert ("values are lost" in finding.remedy) is (ok is not True)
