import pytest

from muster.testing.netdata.quirks import DIALECTS, QUICK, V1_37, V1_45, V2_10, ClaimBy, Waits


@pytest.mark.parametrize(("name", "quirks"), DIALECTS.items())
def test_a_dialect_is_named_after_its_version(name, quirks):
    assert quirks.version.startswith(f"v{name}.")


def test_versions_before_2_are_claimed_by_the_script():
    assert [each.claim_by for each in (V1_37, V1_45, V2_10)] == [
        ClaimBy.SCRIPT,
        ClaimBy.SCRIPT,
        ClaimBy.DAEMON,
    ]


def test_the_oldest_has_capabilities_all_others_have_too():
    names = {name for name, _, _ in V1_37.capabilities}

    assert names == {"json", "proto", "ml", "mc", "ctx", "funcs"}
    assert all(names < {name for name, _, _ in each.capabilities} for each in (V1_45, V2_10))


def test_quick_waits_are_no_longer_than_real_ones():
    real = Waits()
    fields = (name for name in Waits.__struct_fields__ if name != "claim_pauses_s")

    assert all(getattr(QUICK, name) <= getattr(real, name) for name in fields)
