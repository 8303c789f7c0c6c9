"""A strict ACME server in memory, by the letter of RFC 8555, with faults to order.

It is a muster.net.acme.Transport. What a client may get wrong it refuses: signatures, nonces,
addresses, keys, content types, orders out of turn, requests for other names. Challenges are
looked up by `fetch` (HTTP) or `resolve` (DNS), which a test provides.
"""

import base64
import hashlib
import hmac
import itertools
import json
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from muster.net.client import Answer
from muster.pki import keys

BASE = "https://acme.test"
DIRECTORY = f"{BASE}/dir"
TYPE = "urn:ietf:params:acme:error:"


def decode(text):
    assert "=" not in text
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Refusal(Exception):
    def __init__(self, kind, detail="", status=400, **headers):
        super().__init__(detail)
        self.kind, self.status, self.headers = kind, status, headers


class AcmeServer:
    """Accounts, orders and certificates of one test."""

    def __init__(self, clock):
        self.clock = clock
        self.fetch = self.resolve = None
        self.external = {}  # kid -> secret bytes; empty: nobody has to vouch
        self.refuse_nonces = 0  # so many good ones are refused
        self.fail = []  # Refusals, each for the next order
        self.slow = 1  # polls until a state is told
        self.offers = ("http-01", "dns-01")
        self.life = timedelta(days=90)
        self.wrong_names = None  # certify these instead
        self.asked = []
        self._numbers = itertools.count(1)
        self._nonces = set()
        self.accounts, self.orders, self.authorizations, self.certificates = {}, {}, {}, {}
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.root = self._self_signed()

    async def __call__(self, method, url, *, body=b"", headers):
        assert headers["User-Agent"].startswith("muster/")
        self.asked.append((method, url.removeprefix(BASE)))
        try:
            status, value, more = await self._serve(method, url, body, headers)
        except Refusal as refusal:
            value = {"type": TYPE + refusal.kind, "detail": str(refusal)}
            status, more = (
                refusal.status,
                {k.replace("_", "-"): v for k, v in refusal.headers.items()},
            )
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        if method != "GET":
            more |= {"replay-nonce": self._new_nonce()}
        return Answer(status=status, headers=more, body=b"" if method == "HEAD" else data)

    def _new_nonce(self):
        nonce = encode(f"nonce {next(self._numbers)}".encode())
        self._nonces.add(nonce)
        return nonce

    async def _serve(self, method, url, body, headers):
        match method, url.removeprefix(BASE).split("/")[1:]:
            case "GET", ["dir"]:
                names = ("newNonce", "newAccount", "newOrder", "revokeCert", "keyChange")
                return 200, {name: f"{BASE}/{name}" for name in names}, {}
            case "HEAD", ["newNonce"]:
                return 200, b"", {}
            case "POST", _:
                assert headers["Content-Type"] == "application/jose+json"
                return await self._posted(url, body, headers)
        raise Refusal("malformed", f"{method} {url}", 405)

    async def _posted(self, url, body, headers):
        given = json.loads(body)
        assert given.keys() == {"protected", "payload", "signature"}
        head = json.loads(decode(given["protected"]))
        nonce = head.pop("nonce")
        if nonce not in self._nonces or self.refuse_nonces > 0:
            self.refuse_nonces -= 1
            self._nonces.discard(nonce)
            raise Refusal("badNonce", "used, or unknown")
        self._nonces.remove(nonce)
        if head.pop("url") != url:
            raise Refusal("unauthorized", "another address", 401)
        if head.pop("alg") != "ES256":
            raise Refusal("badSignatureAlgorithm")
        jwk = self._key_of(head, url)
        _verify(given, jwk)
        payload = decode(given["payload"])
        return await self._routed(url, jwk, payload, headers)

    def _key_of(self, head, url):
        """Exactly one of jwk and kid; the key itself only to make an account."""
        if head.keys() == {"jwk"} and url == f"{BASE}/newAccount":
            return head["jwk"]
        if head.keys() == {"kid"} and head["kid"] in self.accounts:
            return self.accounts[head["kid"]]["jwk"]
        raise Refusal("malformed" if "jwk" in head else "accountDoesNotExist", str(head))

    async def _routed(self, url, jwk, payload, headers):
        match url.removeprefix(BASE).split("/")[1:]:
            case ["newAccount"]:
                return self._account(jwk, json.loads(payload))
            case ["newOrder"]:
                return self._order(jwk, json.loads(payload))
            case ["order", number]:
                assert payload == b""
                return 200, self._shown(self.orders[number]), {"retry-after": "3"}
            case ["authz", number]:
                assert payload == b""
                return 200, await self._looked(self.authorizations[number]), {}
            case ["chall", number, kind]:
                assert payload == b"{}"
                return self._answered(self.authorizations[number], kind)
            case ["finalize", number]:
                return self._finalized(self.orders[number], json.loads(payload))
            case ["cert", number]:
                assert payload == b""
                assert headers["Accept"] == "application/pem-certificate-chain"
                return 200, self.certificates[number].encode(), {}
        raise Refusal("malformed", url, 404)

    def _account(self, jwk, asked):
        if asked.pop("termsOfServiceAgreed", False) is not True:
            raise Refusal("userActionRequired", "agree to the terms", 403)
        for url, known in self.accounts.items():
            if known["jwk"] == jwk:
                return 200, {"status": "valid"}, {"location": url}
        self._vouched(asked.pop("externalAccountBinding", None), jwk)
        assert asked.keys() <= {"contact"}
        if any(not each.startswith("mailto:") for each in asked.get("contact", [])):
            raise Refusal("unsupportedContact")
        url = f"{BASE}/account/{next(self._numbers)}"
        self.accounts[url] = {"jwk": jwk} | asked
        return 201, {"status": "valid"}, {"location": url}

    def _vouched(self, bound, jwk):
        if not self.external:
            assert bound is None
            return
        if bound is None:
            raise Refusal("externalAccountRequired", "somebody has to vouch", 403)
        head = json.loads(decode(bound["protected"]))
        assert head == {"alg": "HS256", "kid": head["kid"], "url": f"{BASE}/newAccount"}
        assert json.loads(decode(bound["payload"])) == jwk
        text = f"{bound['protected']}.{bound['payload']}".encode()
        mac = hmac.digest(self.external[head["kid"]], text, "sha256")
        if not hmac.compare_digest(mac, decode(bound["signature"])):
            raise Refusal("unauthorized", "not vouched for", 401)

    def _order(self, jwk, asked):
        if self.fail:
            raise self.fail.pop(0)
        assert asked.keys() == {"identifiers"}
        number = str(next(self._numbers))
        found = []
        for identifier in asked["identifiers"]:
            assert identifier["type"] in ("dns", "ip")
            each = str(next(self._numbers))
            self.authorizations[each] = {
                "number": each,
                "identifier": identifier,
                "status": "pending",
                "token": encode(hashlib.sha256(each.encode()).digest()),
                "thumbprint": _thumbprint(jwk),
                "kind": "",
                "left": self.slow,
                "error": None,
            }
            found.append(each)
        self.orders[number] = {
            "number": number,
            "authorizations": found,
            "names": [each["value"] for each in asked["identifiers"]],
            "certificate": "",
            "left": self.slow,
        }
        where = {"location": f"{BASE}/order/{number}"}
        return 201, self._shown(self.orders[number]), where

    def _status(self, order):
        states = [self.authorizations[each]["status"] for each in order["authorizations"]]
        if "invalid" in states:
            return "invalid"
        if set(states) != {"valid"}:
            return "pending"
        if not order["certificate"]:
            return "ready"
        order["left"] -= 1
        return "processing" if order["left"] >= 0 else "valid"

    def _shown(self, order):
        number = order["number"]
        shown = {
            "status": self._status(order),
            "authorizations": [f"{BASE}/authz/{each}" for each in order["authorizations"]],
            "finalize": f"{BASE}/finalize/{number}",
        }
        if shown["status"] == "valid":
            shown["certificate"] = f"{BASE}/cert/{number}"
        return shown

    async def _looked(self, authorization):
        if authorization["kind"] and authorization["status"] == "pending":
            authorization["left"] -= 1
            if authorization["left"] < 0:
                await self._check(authorization)
        kinds = self.offers if authorization["status"] == "pending" else (authorization["kind"],)
        return {
            "status": authorization["status"],
            "identifier": authorization["identifier"],
            "challenges": [
                {
                    "type": kind,
                    "url": f"{BASE}/chall/{authorization['number']}/{kind}",
                    "token": authorization["token"],
                    "status": authorization["status"],
                    **({"error": authorization["error"]} if authorization["error"] else {}),
                }
                for kind in kinds
            ],
        }

    async def _check(self, authorization):
        name, token = authorization["identifier"]["value"], authorization["token"]
        due = f"{token}.{authorization['thumbprint']}"
        if authorization["kind"] == "http-01":
            found = await self.fetch(name, f"/.well-known/acme-challenge/{token}")
        else:
            due = encode(hashlib.sha256(due.encode()).digest())
            found = await self.resolve(f"_acme-challenge.{name}.")
        authorization["status"] = "valid" if found == due else "invalid"
        if found != due:
            detail = f"{name} answers {found!r}"
            authorization["error"] = {"type": f"{TYPE}unauthorized", "detail": detail}

    def _answered(self, authorization, kind):
        if authorization["status"] != "pending" or kind not in self.offers:
            raise Refusal("malformed", "not pending")
        authorization["kind"] = kind
        return 200, {"type": kind, "url": "", "status": "processing"}, {}

    def _finalized(self, order, asked):
        if self._status(order) != "ready":
            raise Refusal("orderNotReady", self._status(order), 403)
        request = x509.load_der_x509_csr(decode(asked["csr"]))
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if not request.is_signature_valid:
            raise Refusal("badCSR", "not signed")
        if sorted(str(each.value) for each in names) != sorted(order["names"]):
            raise Refusal("badCSR", "other names than ordered")
        if any(
            _thumbprint_of(request) == each["thumbprint"] for each in self.authorizations.values()
        ):
            raise Refusal("badCSR", "the account's own key")
        order["certificate"] = order["number"]
        self.certificates[order["number"]] = self._certify(request, names)
        return 200, self._shown(order), {}

    def _certify(self, request, names):
        if self.wrong_names:
            names = x509.SubjectAlternativeName([x509.DNSName(each) for each in self.wrong_names])
        begins = keys.to_datetime(self.clock.now_ns())
        leaf = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self.root.subject)
            .public_key(request.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + self.life)
            .add_extension(x509.SubjectAlternativeName(names), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        return keys.format_chain(leaf, self.root)

    def _self_signed(self):
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ACME root")])
        begins = keys.to_datetime(self.clock.now_ns())
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(1)
            .not_valid_before(begins)
            .not_valid_after(begins + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(True, None), critical=True)
            .sign(self._key, hashes.SHA256())
        )


def _verify(given, jwk):
    assert jwk.keys() == {"crv", "kty", "x", "y"}
    x, y = (int.from_bytes(decode(jwk[each]), "big") for each in "xy")
    signature = decode(given["signature"])
    assert len(signature) == 64
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    text = f"{given['protected']}.{given['payload']}".encode()
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    key.verify(encode_dss_signature(r, s), text, ec.ECDSA(hashes.SHA256()))


def _thumbprint(jwk):
    text = json.dumps(jwk, sort_keys=True, separators=(",", ":"))
    return encode(hashlib.sha256(text.encode()).digest())


def _thumbprint_of(request):
    numbers = request.public_key().public_numbers()
    x, y = (encode(each.to_bytes(32, "big")) for each in (numbers.x, numbers.y))
    return _thumbprint({"crv": "P-256", "kty": "EC", "x": x, "y": y})
