import uuid

import pytest

from muster.model.ids import is_uuid


def test_ids_are_uuids_as_python_writes_them():
    assert is_uuid(str(uuid.uuid4()))


@pytest.mark.parametrize("text", ["", "ada", str(uuid.UUID(int=0xABC << 116)).upper(), "0" * 32])
def test_other_texts_are_none(text):
    assert not is_uuid(text)
