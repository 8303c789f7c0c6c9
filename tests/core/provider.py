"""A strict OpenID provider in memory: takes nothing a good one would refuse, lies to order.

It is the hub's `Fetch`, so no socket is needed; `authorize` is what its pages would do.
Source: OpenID Connect Core 1.0; RFC 6749; RFC 7636.
"""

import base64
import hashlib
import itertools
import json
from urllib.parse import parse_qsl, quote_plus, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from muster.clock import SECOND_NS
from muster.ports.signin import Fetched

ISSUER = "https://id.example"
CLIENT, SECRET = "muster", "a client's secret"


class FakeProvider:
    """`claims` are those of who signs in; `wrong` replaces or, with None, drops some."""

    def __init__(self, clock):
        self.clock = clock
        self.keys = {"one": ec.generate_private_key(ec.SECP256R1())}
        self.signer, self.algorithm = "one", "ES256"
        self.claims = {"sub": "248289761001", "preferred_username": "ada", "groups": ["ops"]}
        self.wrong = {}
        self.userinfo = None
        self.methods = ["client_secret_basic"]
        self.codes = {}
        self.numbers = itertools.count(1)
        self.asked = []  # paths, in order
        self.down = ""  # path that answers 500
        self.lies = {}  # parts of discovery
        self.token = None  # instead of the one it would make

    async def __call__(self, url, *, form=None, headers=None):
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}" == ISSUER
        self.asked.append(parts.path)
        if parts.path == self.down:
            return Fetched(status=500, body=b"oh")
        answer = {
            "/.well-known/openid-configuration": self._discovery,
            "/jwks": self._jwks,
            "/token": lambda: self._token(dict(form), headers or {}),
            "/userinfo": lambda: self._userinfo(headers or {}),
        }[parts.path]()
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        return Fetched(status=status, body=json.dumps(body).encode())

    def authorize(self, url):
        """Somebody signs in; the query that their browser comes back with."""
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{ISSUER}/authorize"
        asked = dict(parse_qsl(parts.query))
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        assert min(len(asked["state"]), len(asked["nonce"])) >= 32
        code = f"code-{next(self.numbers)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def _discovery(self):
        known = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/jwks",
            "end_session_endpoint": f"{ISSUER}/leave",
            "token_endpoint_auth_methods_supported": self.methods,
        }
        if self.userinfo is not None:
            known["userinfo_endpoint"] = f"{ISSUER}/userinfo"
        return known | self.lies

    def _jwks(self):
        return {"keys": [public_jwk(key, name) for name, key in self.keys.items()]}

    def _token(self, form, headers):
        if "client_secret_basic" in self.methods:
            pair = f"{quote_plus(CLIENT)}:{quote_plus(SECRET)}".encode()
            if headers.get("Authorization") != f"Basic {base64.b64encode(pair).decode()}":
                return 401, {"error": "invalid_client"}
        elif form.get("client_secret") != SECRET:
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form["code"], None)  # used once
        verifier = form["code_verifier"].encode()
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
        if (
            form["grant_type"] != "authorization_code"
            or asked is None
            or asked["redirect_uri"] != form["redirect_uri"]
            or asked["code_challenge"] != digest
        ):
            return 400, {"error": "invalid_grant"}
        token = self.token or self.sign(self.said(asked["nonce"]))
        return {"id_token": token, "access_token": "access", "token_type": "Bearer"}

    def said(self, nonce):
        now_s = self.clock.now_ns() // SECOND_NS
        claims = {
            "iss": ISSUER,
            "aud": CLIENT,
            "iat": now_s,
            "exp": now_s + 300,
            "nonce": nonce,
            **self.claims,
            **self.wrong,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def sign(self, claims, **header):
        key = self.keys.get(self.signer, self.signer)
        return jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": "one", **header})

    def _userinfo(self, headers):
        assert headers["Authorization"] == "Bearer access"
        return self.userinfo


def public_jwk(key, name):
    kind = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else None
    kind = kind or jwt.algorithms.ECAlgorithm
    return {**kind.to_jwk(key.public_key(), as_dict=True), "kid": name, "use": "sig"}
