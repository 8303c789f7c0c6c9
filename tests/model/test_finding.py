import msgspec

from muster.model.finding import Finding


def test_a_finding_is_read_by_scripts_under_stable_names():
    finding = Finding(step="disk", ok=False, text="full", remedy="free space")

    assert msgspec.to_builtins(finding) == {
        "step": "disk",
        "ok": False,
        "text": "full",
        "remedy": "free space",
    }
