import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError
from muster.log import Secret
from muster.testing.netdata_seeds import CLAIM_ID, MACHINE_GUID, PUBLIC_KEY
from muster.wire.netdata.claim import (
    BadClaim,
    ClaimPut,
    Dialect,
    Refusal,
    exit_code_of,
    format_claim,
    format_refusal,
    is_tried_again,
    parse_claim,
    refusal_of,
)

PUT = ClaimPut(
    node_id=CLAIM_ID,
    hostname="web-1",
    token=Secret("spacetoken"),
    rooms=("5d1c", "all"),
    public_key=PUBLIC_KEY,
    machine_guid=MACHINE_GUID,
)
KEY = PUBLIC_KEY.replace("\n", "\\n")
MINIFIED = (
    f'{{"node":{{"id":"{CLAIM_ID}","hostname":"web-1"}},"token":"spacetoken",'
    f'"rooms":["5d1c","all"],"publicKey":"{KEY}","mGUID":"{MACHINE_GUID}"}}'
).encode()
# As a script lays it out; curl -d takes the line breaks away.
PRETTY = f"""{{
    "node": {{
        "id": "{CLAIM_ID}",
        "hostname": "web-1"
    }},
    "token": "spacetoken",
    "rooms" : ["5d1c","all"],
    "publicKey" : "{KEY}",
    "mGUID" : "{MACHINE_GUID}"
}}
""".encode()


def plain(put):
    return {**msgspec.structs.asdict(put), "token": put.token.reveal()}


def body(**changes):
    fields = json.loads(MINIFIED)
    fields["node"] |= changes.pop("node", {})
    return json.dumps({**fields, **changes}).encode()


def refusal(data, path_id=CLAIM_ID):
    with pytest.raises(BadClaim) as caught:
        parse_claim(data, path_id)
    assert "spacetoken" not in str(caught.value)
    return caught.value.refusal


@pytest.mark.parametrize("data", [MINIFIED, PRETTY, PRETTY.replace(b"\n", b"")])
def test_both_senders_bodies_are_read_alike(data):
    assert plain(parse_claim(data, CLAIM_ID)) == plain(PUT)


def test_the_daemons_body_is_minified():
    assert format_claim(PUT) == MINIFIED


def test_the_scripts_body_is_laid_out_in_one_line():
    data = format_claim(PUT, Dialect.SCRIPT)

    assert (
        data
        == (
            f'{{    "node": {{        "id": "{CLAIM_ID}",        "hostname": "web-1"    }},'
            '    "token": "spacetoken",    "rooms" : [ "5d1c", "all" ],'
            f'    "publicKey" : "{KEY}",    "mGUID" : "{MACHINE_GUID}"}}'
        ).encode()
    )
    assert plain(parse_claim(data, CLAIM_ID)) == plain(PUT)


def test_ids_are_compared_in_lower_case():
    data = body(node={"id": CLAIM_ID.upper()}, mGUID=MACHINE_GUID.upper())

    assert parse_claim(data, CLAIM_ID.title()).node_id == CLAIM_ID


@pytest.mark.parametrize(
    ("rooms", "read"),
    [([], ()), (None, ()), ([" a ", "", "b", "a"], ("a", "b")), (["\u00e4"], ("\u00e4",))],
)
def test_rooms_lose_blanks_and_doubles(rooms, read):
    assert parse_claim(body(rooms=rooms), CLAIM_ID).rooms == read


def test_rooms_may_be_left_out():
    fields = json.loads(MINIFIED)
    del fields["rooms"]

    assert parse_claim(json.dumps(fields).encode(), CLAIM_ID).rooms == ()


def test_keys_that_are_not_known_are_passed_over():
    assert parse_claim(body(more={"a": [1]}), CLAIM_ID).hostname == "web-1"


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"", "ErrInvalidRequest"),
        (b"[]", "ErrInvalidRequest"),
        (b"{}", "ErrInvalidRequest"),
        (MINIFIED[:-1], "ErrInvalidRequest"),
        (MINIFIED.replace(b"web-1", b"\xff"), "ErrInvalidRequest"),
        (b"[" * 60_000, "ErrInvalidRequest"),
        (bytes(65_537), "ErrInvalidRequest"),
        (body(token=5), "ErrInvalidRequest"),
        (body(rooms="all"), "ErrInvalidRequest"),
        (body(node={"id": ""}), "ErrInvalidNodeID"),
        (body(node={"id": "x"}), "ErrInvalidNodeID"),
        (body(node={"id": CLAIM_ID.replace("-", "")}), "ErrInvalidNodeID"),
        (body(node={"id": "{" + CLAIM_ID[1:-1] + "}"}), "ErrInvalidNodeID"),
        (body(node={"id": MACHINE_GUID}), "ErrInvalidNodeID"),
        (body(mGUID=""), "ErrInvalidNodeID"),
        (body(node={"hostname": ""}), "ErrInvalidNodeName"),
        (body(node={"hostname": "  "}), "ErrInvalidNodeName"),
        (body(node={"hostname": "a\nb"}), "ErrInvalidNodeName"),
        (body(node={"hostname": "a\u009b2J"}), "ErrInvalidNodeName"),
        (body(node={"hostname": "x" * 256}), "ErrInvalidNodeName"),
        (body(rooms=["x" * 129]), "ErrInvalidRoomID"),
        (body(rooms=["a\0"]), "ErrInvalidRoomID"),
        (body(rooms=[str(n) for n in range(65)]), "ErrInvalidRoomID"),
        (body(publicKey=""), "ErrInvalidPublicKey"),
        (body(publicKey="x" * 4_097), "ErrInvalidPublicKey"),
        (body(token=""), "ErrForbidden"),
        (body(token="x" * 2_049), "ErrForbidden"),
    ],
)
def test_what_is_wrong_has_its_key(data, key):
    assert refusal(data).key == key


def test_another_id_in_the_path_is_refused():
    assert refusal(MINIFIED, MACHINE_GUID) is Refusal.NODE_ID
    assert refusal(MINIFIED, "x") is Refusal.NODE_ID


@given(st.binary(max_size=100))
def test_any_bytes_are_a_claim_or_have_a_key(data):
    assert refusal(data) is Refusal.MALFORMED


@pytest.mark.parametrize(
    ("key", "status", "exit_code"),
    [
        ("ErrInvalidNodeID", 422, 8),
        ("ErrInvalidNodeName", 422, 9),
        ("ErrInvalidRoomID", 422, 10),
        ("ErrInvalidPublicKey", 422, 11),
        ("ErrForbidden", 403, 12),
        ("ErrAlreadyClaimed", 409, 13),
        ("ErrProcessingClaim", 102, 14),
        ("ErrInternalServerError", 500, 15),
        ("ErrGatewayTimeout", 504, 16),
        ("ErrServiceUnavailable", 503, 17),
        ("ErrInvalidRequest", 422, 7),
    ],
)
def test_each_key_has_its_status_and_exit_code(key, status, exit_code):
    refusal = next(each for each in Refusal if each.key == key)
    data = format_refusal(refusal)

    assert data == f'{{"errorMsgKey":"{key}"}}'.encode()
    assert refusal.status == status
    assert exit_code_of(status, data) == exit_code


def test_an_error_is_in_one_line_with_no_space_behind_the_colon():
    data = format_refusal(Refusal.FORBIDDEN, 'two\nlines "errorMsgKey":"ErrAlreadyClaimed"')

    assert b'"errorMsgKey":"ErrForbidden"' in data
    assert b"\n" not in data
    assert refusal_of(data) is Refusal.FORBIDDEN


def test_a_message_may_hold_what_is_no_text():
    assert refusal_of(format_refusal(Refusal.FORBIDDEN, "\ud800" * 999)) is Refusal.FORBIDDEN


def test_the_script_finds_no_key_with_a_space_behind_the_colon():
    assert exit_code_of(403, b'{"errorMsgKey": "ErrForbidden"}') == 7


@pytest.mark.parametrize(
    ("status", "data", "exit_code"),
    [
        (204, b"", 0),
        (200, b"", 7),
        (500, b"<html>", 7),
        (200, b'{"errorMsgKey":"ErrForbidden"}', 12),
        (422, b'{"errorMsgKey":"ErrOther"}', 7),
        (422, b'{"errorMsgKey":"\xff"}', 7),
    ],
)
def test_the_script_looks_at_the_key_and_at_204(status, data, exit_code):
    assert exit_code_of(status, data) == exit_code


@pytest.mark.parametrize(
    ("status", "again"),
    [(204, False), (102, False), (403, False), (409, False), (422, False),
     (500, True), (503, True), (504, True), (200, True), (302, True), (418, True)],
)  # fmt: skip
def test_the_daemon_tries_again_by_the_status(status, again):
    assert is_tried_again(status) is again


def test_a_claim_that_is_no_text_is_not_written():
    with pytest.raises(InputError, match="no text"):
        format_claim(msgspec.structs.replace(PUT, hostname="\ud800"))
