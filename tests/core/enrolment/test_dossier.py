"""What is known of one that asks for entry."""

from muster.core.enrolment.dossier import case_of, with_likeness
from muster.core.enrolment.policy import Case
from muster.model.approval import Kind, Reason, WaitingClaim
from muster.model.evidence import Evidence
from muster.ports.approvals import Mark
from muster.store.records.evidence import put_marks
from muster.testing.house import OPERATOR


def claim_of(house, **given):
    common = {
        "id": "",
        "space": house.space.id,
        "kind": Kind.CLAIM,
        "key_sha256": "k",
        "request": "",
        "name": "web-1",
        "address": "10.1.2.3",
    }
    return WaitingClaim(**(common | given))


async def test_a_policy_sees_names_where_records_have_ids(house):
    room = await house.rooms.create(OPERATOR, house.space.id, "edge")
    reasons = (Reason(name="dmi", text="", points=5),)
    claim = claim_of(house, rooms=(room.id, "gone"), token="t", reasons=reasons)

    assert case_of(claim, {"a": "b"}, house.records) == Case(
        host="web-1",
        address="10.1.2.3",
        labels={"a": "b"},
        rooms=("edge",),
        token="t",
        space="Home",
        evidence=("dmi",),
        score=5,
    )


async def test_marks_in_common_are_told_in_words(house):
    node = (await house.claim(await house.token(), host="web-1")).node
    with house.records._database.change() as writer:
        put_marks(writer, node.id, (Mark("dmi", "d"), Mark("mac", "m")))
    evidence = Evidence(dmi="d", macs=("m", "x"), machine_id="i")
    found = with_likeness(claim_of(house, looks_like=node.id, evidence=evidence), house.records)

    assert found.reasons[0].text == "has the hardware id, network card of web-1"
    assert (found.reasons[0].points, found.reasons[0].verified) == (20, False)


async def test_who_looks_like_nobody_or_like_one_that_is_gone_has_nothing_in_common(house):
    for looks_like in ("", "0" * 36):
        claim = claim_of(house, looks_like=looks_like, evidence=Evidence(dmi="d"))

        assert with_likeness(claim, house.records) == claim
