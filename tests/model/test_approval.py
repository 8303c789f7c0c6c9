"""What waits for an admin."""

from muster.model.approval import Answer, Kind, WaitingClaim


def test_one_is_open_and_bare_until_said_otherwise():
    claim = WaitingClaim(id="i", space="s", kind=Kind.CLAIM, key_sha256="k", request="", name="web")

    assert claim.decision is Answer.WAITING
    assert (claim.looks_like, claim.token, claim.reasons) == ("", "", ())
