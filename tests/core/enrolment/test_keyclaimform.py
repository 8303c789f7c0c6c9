"""What a claim by key must look like, before anybody is asked."""

import pytest

from muster.core.enrolment.keyclaimform import (
    BadClaimId,
    BadHostName,
    KeyClaimRequest,
    check,
    name_of,
)
from muster.log import Secret
from muster.testing.rsakeys import public_pem

MACHINE = "7b7f2c1e-1111-11ef-8000-0242ac110002"


def request(**changed):
    given = {
        "id": MACHINE,
        "dialect": "netdata",
        "machine": MACHINE,
        "hostname": "web",
        "token_id": "a" * 16,
        "secret": Secret("s"),
        "key": public_pem(),
    }
    return KeyClaimRequest(**(given | changed))


def test_a_good_claim_knocks_with_its_token_and_name():
    checked = check(request(address="10.0.0.1"))

    assert checked.key.pem == public_pem()
    assert (checked.knock.hostname, checked.knock.address) == ("web", "10.0.0.1")
    assert checked.knock.token_id == "a" * 16


@pytest.mark.parametrize("id", ["", "x", MACHINE.upper(), MACHINE + "0", f" {MACHINE}"])
def test_ids_are_uuids_in_lower_case(id):
    with pytest.raises(BadClaimId):
        check(request(id=id))
    with pytest.raises(BadClaimId):
        check(request(machine=id))


@pytest.mark.parametrize("name", ["", " web", "n" * 101, "a\x00b", "a\u202eb"])
def test_a_name_is_one_that_a_node_can_bear(name):
    with pytest.raises(BadHostName):
        name_of(name)
