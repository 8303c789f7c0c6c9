"""A bearer token names a user, when it is signed with the secret and its time has come."""

import base64
import hashlib
import hmac
import json

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as some

from muster.clock import SECOND_NS
from muster.log import Secret
from muster.wire.bearer import BadBearer, read_bearer

TEXT = "a secret that both sides know, and nobody else, of sixty-four bytes"
SECRET = Secret(TEXT)
NOW_S = 1_800_000_000
CLAIMS = {"username": "rd", "exp": NOW_S + 60}


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def token(claims=CLAIMS, secret=TEXT, **header):
    signed = f"{part({'alg': 'HS256', 'typ': 'JWT', **header})}.{part(claims)}"
    mark = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


def read(text, secret=SECRET, now_s=NOW_S):
    return read_bearer(Secret(text), secret, now_s * SECOND_NS)


@pytest.mark.parametrize("method", ["HS256", "HS384", "HS512"])
def test_tokens_that_a_library_makes_are_read(method):
    assert read(jwt.encode(CLAIMS, TEXT, algorithm=method)) == "rd"


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("abc", "token contains an invalid number of segments"),
        ("", "token contains an invalid number of segments"),
        ("a.b.c.d", "token contains an invalid number of segments"),
        ("." * 2 + "x" * 9_000, "token contains an invalid number of segments"),
        ("a.\udcff.c", "token contains an invalid number of segments"),
        (f"{token().rpartition('.')[0]}.\udcff", "token is malformed"),
        ("!.b.c", "token is malformed"),
        (f"{part([])}.b.c", "token is malformed"),
        (f"{part({})}.b.c", "unexpected signing method: None"),
        (token(alg="none"), "unexpected signing method: none"),
        (token(alg="RS256"), "unexpected signing method: RS256"),
        (token(alg=["HS256"]), "unexpected signing method: ['HS256']"),
        (token(secret="another"), "signature is invalid"),
        (token().rpartition(".")[0] + ".", "signature is invalid"),
        (token({"username": "rd"}), "token expiration required"),
        (token({"username": "rd", "exp": "soon"}), "token expiration required"),
        (token({"username": "rd", "exp": True}), "token expiration required"),
        (token({"username": "rd", "exp": NOW_S - 1}), "Token is expired"),
        (token({**CLAIMS, "nbf": NOW_S + 1}), "Token is not valid yet"),
        (token({"exp": NOW_S + 1}), "username in token must be a string"),
        (token({**CLAIMS, "username": 7}), "username in token must be a string"),
        (token({**CLAIMS, "username": ""}), "token must contain a username"),
    ],
)
def test_a_token_that_proves_nothing_is_told_why(text, refusal):
    with pytest.raises(BadBearer) as told:
        read(text)
    assert str(told.value) == refusal


def test_without_a_secret_no_token_is_taken():
    with pytest.raises(BadBearer, match=r"^bearer auth disabled$"):
        read(token(secret=""), secret=Secret(""))


def test_a_change_of_any_part_is_noticed():
    head, body, mark = token().split(".")
    other = part({**CLAIMS, "username": "root"})

    for text in (f"{head}.{other}.{mark}", f"{part({'alg': 'HS512'})}.{body}.{mark}"):
        with pytest.raises(BadBearer, match="signature is invalid"):
            read(text)


@given(some.text(max_size=60), some.lists(some.text(max_size=20), min_size=3, max_size=3))
def test_no_text_at_all_is_taken_or_breaks_anything(text, parts):
    for each in (text, ".".join(parts), f"{part({'alg': 'HS256'})}.{text}.{text}"):
        with pytest.raises(BadBearer):
            read(each)
