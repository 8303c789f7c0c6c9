"""What became of a claim is written down whole, or not at all."""

from muster.agent.netdata.adopted import (
    FILE,
    Adopted,
    Ending,
    forget_adopted,
    read_adopted,
    write_adopted,
)

ADOPTED = Adopted(claim_id="c", url="u", ending=Ending.ADOPTED, node="n")


def test_it_is_read_as_it_was_written_and_only_by_its_owner(tmp_path):
    write_adopted(tmp_path, ADOPTED)
    write_adopted(tmp_path, ADOPTED)

    assert read_adopted(tmp_path) == ADOPTED
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_what_is_not_there_or_broken_is_none(tmp_path):
    assert read_adopted(tmp_path) is None
    (tmp_path / FILE).write_text("{")
    assert read_adopted(tmp_path) is None
    forget_adopted(tmp_path)
    forget_adopted(tmp_path)
    assert not (tmp_path / FILE).exists()
