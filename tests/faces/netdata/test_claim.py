"""The claim of Netdata agents: bodies of both senders, and what each reads of the answer."""

import asyncio
import uuid

import msgspec
import pytest

from muster.core.enrolment.adoption import message_of
from muster.core.enrolment.keyclaims import KeyClaims
from muster.errors import Unavailable
from muster.faces.netdata import claim as face
from muster.faces.netdata.claim import ClaimFace
from muster.log import Secret
from muster.model.inventory import Approval, SpaceSettings
from muster.net.http import Request
from muster.pki import keys
from muster.testing.house import ADDRESSES, OPERATOR, House
from muster.testing.rsakeys import public_pem, sign
from muster.wire.netdata import token as tokens
from muster.wire.netdata.claim import (
    ClaimPut,
    Dialect,
    exit_code_of,
    format_claim,
    is_tried_again,
)

GUID = "7b7f2c1e-1111-11ef-8000-0242ac110002"


@pytest.fixture
def house():
    with House() as house:
        yield house


@pytest.fixture
def put(house):
    """Send a claim; a good one of a machine of its own, but for what is given."""
    handler = routes(house)[0].handler

    async def send(token, *, dialect=Dialect.DAEMON, path="", body=b"", headers=None, **changed):
        given = {
            "node_id": str(uuid.uuid4()),
            "hostname": "web-1",
            "token": token if isinstance(token, Secret) else text_of(token),
            "public_key": public_pem(),
            "machine_guid": GUID,
        }
        claim = ClaimPut(**(given | changed))
        request = Request(
            method="PUT",
            path="/api/v1/spaces/nodes/x",
            match={"claim_id": path or claim.node_id},
            headers={"content-type": "application/x-www-form-urlencoded"} | (headers or {}),
            body=body or format_claim(claim, dialect),
            address="10.1.2.3",
        )
        return await handler(request)

    return send


def routes(house, claims=None):
    return ClaimFace(
        claims=claims or house.key_claims,
        adoption=house.adoption,
        addresses=lambda: ADDRESSES,
    ).routes()


def text_of(token):
    return tokens.encode(token.id, token.secret)


async def ask_always(house):
    await house.spaces.edit(
        OPERATOR, house.space.id, settings=SpaceSettings(approval=Approval.ALWAYS)
    )


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_a_good_claim_of_either_sender_is_answered_204_without_a_body(house, put, dialect):
    answer = await put(await house.token(), dialect=dialect)

    assert (answer.status, answer.body) == (204, b"")
    (node,) = house.records.nodes.nodes()
    assert (node.name, node.dialect, node.address) == ("web-1", "netdata", "10.1.2.3")


async def test_upper_case_ids_are_the_same_ids(house, put):
    token, id = await house.token(), str(uuid.uuid4())
    assert (await put(token, node_id=id.upper(), machine_guid=GUID.upper())).status == 204
    assert (await put(token, node_id=id)).status == 204

    assert house.records.nodes.count_nodes() == 1


@pytest.mark.parametrize(
    ("changed", "status", "key", "code"),
    [
        ({"node_id": "x"}, 422, "ErrInvalidNodeID", 8),
        ({"path": str(uuid.uuid4())}, 422, "ErrInvalidNodeID", 8),
        ({"machine_guid": ""}, 422, "ErrInvalidNodeID", 8),
        ({"hostname": ""}, 422, "ErrInvalidNodeName", 9),
        ({"hostname": "n" * 300}, 422, "ErrInvalidNodeName", 9),
        ({"hostname": "n" * 150}, 422, "ErrInvalidNodeName", 9),
        ({"hostname": "a\u202eb"}, 422, "ErrInvalidNodeName", 9),
        ({"rooms": ("nowhere",)}, 422, "ErrInvalidRoomID", 10),
        ({"rooms": ("lab", str(uuid.uuid4()))}, 422, "ErrInvalidRoomID", 10),
        ({"public_key": ""}, 422, "ErrInvalidPublicKey", 11),
        ({"public_key": public_pem(9, 1024)}, 422, "ErrInvalidPublicKey", 11),
        ({"public_key": "no key"}, 422, "ErrInvalidPublicKey", 11),
        ({"token": Secret("A" * 135)}, 403, "ErrForbidden", 12),
        ({"token": Secret("mst1.x")}, 403, "ErrForbidden", 12),
        ({"token": Secret("")}, 403, "ErrForbidden", 12),
        ({"body": b"no JSON"}, 422, "ErrInvalidRequest", 7),
        ({"body": b"[]"}, 422, "ErrInvalidRequest", 7),
    ],
)
async def test_what_is_wrong_is_told_by_key_and_status_and_nothing_is_made(
    house, put, changed, status, key, code
):
    token = await house.token(rooms=("lab",))
    answer = await put(changed.pop("token", token), **changed)

    assert answer.status == status
    assert answer.body.startswith(f'{{"errorMsgKey":"{key}"'.encode())
    assert exit_code_of(answer.status, answer.body) == code
    assert not is_tried_again(answer.status)
    assert house.records.nodes.count_nodes() == 0


async def test_every_reason_to_forbid_has_the_same_body(house, put):
    revoked, expired, used_up = [await house.token() for _ in range(3)]
    await house.tokens.revoke(OPERATOR, revoked.id)
    assert (await put(used_up)).status == 204
    wrong = tokens.encode(used_up.id, Secret("A" * 43))
    unknown = tokens.encode("a" * 16, Secret("A" * 43))
    other = {"machine_guid": str(uuid.uuid4()), "public_key": public_pem(1)}
    told = [await put(each, **other) for each in (revoked, used_up, wrong, unknown)]
    house.clock.advance(4_000)
    told.append(await put(expired, **other))
    (node,) = house.records.nodes.nodes()
    await house.inventory.revoke(OPERATOR, node.id, "lost")
    told.append(await put(await house.token()))

    assert {(each.status, each.body) for each in told} == {(403, b'{"errorMsgKey":"ErrForbidden"}')}


async def test_five_tries_of_a_daemon_leave_one_node(house, put):
    token = await house.token()
    assert [(await put(token)).status for _ in range(5)] == [204] * 5
    assert house.records.nodes.count_nodes() == 1


async def test_a_claim_that_waits_exits_with_14_is_not_tried_again_and_comes_in_once_approved(
    house, put
):
    await ask_always(house)
    token = await house.token()
    for dialect in Dialect:
        answer = await put(token, dialect=dialect)
        assert answer.status == 422
        assert exit_code_of(answer.status, answer.body) == 14
        assert not is_tried_again(answer.status)
    (waiting,) = house.approvals.claims(OPERATOR)
    await house.approvals.approve(OPERATOR, waiting.id)

    assert (await put(token)).status == 204
    assert house.records.nodes.nodes()[0].dialect == "netdata"


async def test_another_key_for_the_same_id_is_claimed_already_and_so_is_another_space(house, put):
    token = await house.token(uses=5)
    assert (await put(token, node_id=GUID)).status == 204
    other = await house.spaces.create(OPERATOR, "Other")
    elsewhere = await house.token(space=other.id)
    for answer in (
        await put(token, node_id=GUID, public_key=public_pem(1)),
        await put(elsewhere),
    ):
        assert (answer.status, answer.body) == (409, b'{"errorMsgKey":"ErrAlreadyClaimed"}')


async def test_a_busy_hub_says_so_with_a_time(house, put):
    wrong = tokens.encode("a" * 16, Secret("A" * 43))
    for _ in range(40):
        answer = await put(wrong)

    assert answer.status == 503
    assert answer.body.startswith(b'{"errorMsgKey":"ErrServiceUnavailable"')
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [
        (Unavailable("the disk is full"), 503, 17),
        (RuntimeError("a bug"), 500, 15),
        (TimeoutError(), 504, 16),
    ],
)
async def test_faults_of_the_hub_are_told_in_their_words_and_tried_again(
    house, put, monkeypatch, raised, status, code
):
    async def fail(self, request):
        raise raised

    token = await house.token()
    monkeypatch.setattr(KeyClaims, "claim", fail)
    answer = await put(token)

    assert answer.status == status
    assert exit_code_of(answer.status, answer.body) == code
    assert is_tried_again(answer.status)
    assert b"bug" not in answer.body


async def test_an_answer_that_takes_too_long_is_a_gateway_timeout(house, put, monkeypatch):
    async def hang(self, request):
        await asyncio.Event().wait()

    token = await house.token()
    monkeypatch.setattr(KeyClaims, "claim", hang)
    monkeypatch.setattr(face, "ANSWER_S", 0.0)
    assert (await put(token)).status == 504


async def test_a_claimed_agent_of_ours_gets_a_certificate_and_goes_on_by_our_own_wire(house):
    claim = await house.claim_by_key()
    handler = routes(house)[1].handler
    asked = keys.make_request(keys.make_key())
    body = {"request": asked, "proof": sign(message_of(claim.id, asked))}
    answer = await handler(
        Request(
            method="PUT",
            path="/",
            match={"claim_id": claim.id},
            headers={"host": "hub.example"},
            body=msgspec.json.encode(body),
        )
    )
    told = msgspec.json.decode(answer.body)

    assert (told["node"], told["agents"]) == (claim.node, "hub.example:8401")
    assert told["chain"].startswith("-----BEGIN CERTIFICATE-----")
    assert told["anchors"] == house.authority.anchors


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("hub.example", "hub.example"),
        ("HUB.example:8443", "hub.example"),
        ("10.0.0.1", "10.0.0.1"),
        ("[fd00::7]:8443", "fd00::7"),
        ("fd00::7", "fd00::7"),
        ("", ""),
    ],
)
def test_the_hubs_name_is_what_the_agent_calls_it(host, name):
    assert face.host_of(Request(method="GET", path="/", headers={"host": host})) == name


async def test_an_agent_that_says_it_did_not_check_the_hub_is_forbidden(house, put):
    token = await house.token()
    answer = await put(token, headers={"muster-unchecked": "1"})

    assert answer.status == 403
    assert exit_code_of(answer.status, answer.body) == 12
    assert (await put(token)).status == 204
