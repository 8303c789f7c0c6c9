import pytest

from muster.errors import InputError
from muster.model.identity import Identity, parse_identity
from muster.model.ids import NodeId, SpaceId

ONE = "6f1c2e0a-93d4-4b7e-a1f8-20c97d5be314"
TWO = "0b0e6c1d-8a50-4b0f-9c55-3f7d1c2a9e77"


def test_an_identity_is_read_as_it_is_written():
    identity = Identity(ONE, SpaceId(TWO), NodeId(ONE))

    assert parse_identity(identity.uri) == identity


@pytest.mark.parametrize(
    "uri",
    [
        "",
        f"https://{ONE}/space/{TWO}/node/{ONE}",
        f"spiffe://{ONE}/space/{TWO}/node/{ONE}/",
        f"spiffe://{ONE}/space/{TWO}/node/{ONE.upper()}",
        f"spiffe://{ONE}/space/{TWO}/node/{ONE}\n",
        f"spiffe://{ONE}/space/../node/{ONE}",
    ],
)
def test_another_shape_is_refused(uri):
    with pytest.raises(InputError, match="not a node identity"):
        parse_identity(uri)
