"""Leaving forgets whichever claim there is."""

import pytest

from muster.agent.joining.identity import NotClaimed
from muster.agent.netdata.adopted import Adopted, Ending, write_adopted
from muster.agent.netdata.cloudfolder import CloudFolder
from muster.agent.netdata.leave import leave_all

ID = "0f6e1c52-9b1d-4f35-a7a3-53f0d7c0a911"


class Left:
    def __init__(self):
        self.times = 0

    def __call__(self, data):
        self.times += 1
        if not (data / "identity").is_symlink():
            raise NotClaimed("not claimed")
        (data / "identity").unlink()


def test_without_any_claim_it_says_so(tmp_path):
    with pytest.raises(NotClaimed):
        leave_all(tmp_path, {}, Left())


def test_a_claim_to_a_foreign_cloud_is_forgotten_though_there_is_no_identity(tmp_path):
    cloud = CloudFolder(tmp_path)
    cloud.make()
    cloud.put_in_force(ID, {"url": "u"})
    write_adopted(tmp_path, Adopted(claim_id=ID, url="u", ending=Ending.FOREIGN))
    left = Left()
    leave_all(tmp_path, {}, left)

    assert (left.times, cloud.read_claim_id()) == (0, "")
    with pytest.raises(NotClaimed):
        leave_all(tmp_path, {}, left)


def test_a_native_identity_goes_as_before(tmp_path):
    (tmp_path / "identity").symlink_to("x")
    left = Left()
    leave_all(tmp_path, {}, left)

    assert left.times == 1
