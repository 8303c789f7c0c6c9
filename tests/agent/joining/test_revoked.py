import pytest

from muster.agent.joining.revoked import (
    FILE,
    Revocation,
    WasRevoked,
    forget_revocation,
    note_revocation,
    read_revocation,
    require_not_revoked,
)

TOLD = Revocation(
    node="n", hub="h", code="node_revoked", text="this node was revoked: sold", time_ns=10**18
)


def test_a_token_that_merely_lies_there_does_not_undo_a_revocation(tmp_path):
    note_revocation(tmp_path, TOLD)

    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    with pytest.raises(WasRevoked, match="node n of this folder was revoked"):
        require_not_revoked(tmp_path)


def test_the_first_word_of_a_revocation_stays(tmp_path):
    note_revocation(tmp_path, TOLD)
    note_revocation(tmp_path, Revocation(node="n", hub="h", code="x", text="", time_ns=5))

    assert read_revocation(tmp_path) == TOLD


def test_a_node_that_is_taken_again_is_free_to_claim(tmp_path):
    note_revocation(tmp_path, TOLD)
    forget_revocation(tmp_path)
    require_not_revoked(tmp_path)

    assert read_revocation(tmp_path) is None


def test_a_note_that_cannot_be_read_or_written_hinders_nobody(tmp_path):
    (tmp_path / FILE).write_text("nonsense")
    require_not_revoked(tmp_path)
    note_revocation(tmp_path / "gone", TOLD)
    forget_revocation(tmp_path / "gone")
