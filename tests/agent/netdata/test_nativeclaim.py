"""Whose claim an identity came by."""

from muster.agent.netdata.adopted import Adopted, Ending, write_adopted
from muster.agent.netdata.nativeclaim import native_node


def test_without_an_identity_it_is_nobodys(tmp_path):
    assert native_node(tmp_path) == ""


def test_one_that_cannot_be_read_is_native_unless_a_claim_is_written_down(tmp_path):
    (tmp_path / "identity").symlink_to("identities/none")
    assert native_node(tmp_path) == "unknown"
    write_adopted(tmp_path, Adopted(claim_id="c", url="u", ending=Ending.LATER, node="n"))
    assert native_node(tmp_path) == ""
