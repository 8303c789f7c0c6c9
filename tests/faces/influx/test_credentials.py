"""What a request says of who asks."""

import base64

import pytest

from muster.faces.influx.credentials import ApiToken, Bearer, Password, credentials_of
from muster.wire.apitoken import encode_api_token

TOKEN = encode_api_token(b"0" * 32).reveal()


def basic(text):
    return {"authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def shown(credentials):
    match credentials:
        case Password(name, password):
            return name, password.reveal()
        case Bearer(token) | ApiToken(token):
            return type(credentials).__name__, token.reveal()
    return credentials


@pytest.mark.parametrize(
    ("url", "headers", "found"),
    [
        ({"u": "ada", "p": "x"}, {}, ("ada", "x")),
        ({"u": "ada", "p": "x"}, basic("eve:y"), ("ada", "x")),
        ({"u": "ada"}, basic("eve:y"), ("eve", "y")),
        ({"u": "ada"}, {}, None),
        ({"p": "x"}, {}, None),
        ({}, basic("eve:y:z"), ("eve", "y:z")),
        ({}, basic(":y"), ("", "y")),
        ({}, basic("no colon"), None),
        ({}, {"authorization": "Basic !!"}, None),
        ({}, {"authorization": "Basic"}, None),
        ({}, {"authorization": "Token eve:y"}, ("eve", "y")),
        ({}, {"authorization": "Token abc"}, ("ApiToken", "abc")),
        ({}, {"authorization": "Bearer a.b.c"}, ("Bearer", "a.b.c")),
        ({}, {"authorization": "Digest x"}, None),
        ({}, {"authorization": "Token " + "x" * 9_000}, None),
        ({}, {}, None),
    ],
)
def test_credentials_are_found_in_every_form(url, headers, found):
    assert shown(credentials_of(url, headers)) == found


def test_a_token_of_the_hub_may_stand_where_a_password_does():
    for url, headers in (
        ({"u": "x", "p": TOKEN}, {}),
        ({}, basic(f"x:{TOKEN}")),
        ({}, {"authorization": f"Token x:{TOKEN}"}),
    ):
        assert shown(credentials_of(url, headers)) == ("ApiToken", TOKEN)
