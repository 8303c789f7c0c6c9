"""A passkey in software, to the letter of the specification, and wrong where a test wants it.

ES256, no attestation. Source: W3C Web Authentication Level 3, sections 5.8.1, 6.1 and 6.5.
"""

import base64
import hashlib
import json
import os

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Authenticator:
    """Holds one credential. `counts` False: always says 0, as synced passkeys do."""

    def __init__(self, origin="https://hub.example:7443", *, counts=True, verifies=True):
        self.origin = origin
        self.counts = counts
        self.verifies = verifies
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        self.user = b""
        self.count = 0

    def create(self, options, **wrong):
        """What a browser posts after `navigator.credentials.create(options)`."""
        self.user = decode(options["user"]["id"])
        data = self._data(options["rp"]["id"], ATTESTED, wrong)
        public = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: _number(public.x), -3: _number(public.y)}
        data += bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        attestation = {"fmt": "none", "attStmt": {}, "authData": data}
        client = self._client("webauthn.create", options, wrong)
        return self._credential(
            {
                "clientDataJSON": encode(client),
                "attestationObject": encode(cbor2.dumps(attestation)),
                "transports": ["internal"],
            }
        )

    def get(self, options, **wrong):
        """What a browser posts after `navigator.credentials.get(options)`."""
        data = self._data(options["rpId"], 0, wrong)
        client = self._client("webauthn.get", options, wrong)
        signed = data + hashlib.sha256(client).digest()
        signature = wrong.get("signature") or self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        user = wrong.get("user", self.user)
        return self._credential(
            {
                "clientDataJSON": encode(client),
                "authenticatorData": encode(data),
                "signature": encode(signature),
                "userHandle": encode(user),
            }
        )

    def _credential(self, response):
        id = encode(self.id)
        return {
            "id": id,
            "rawId": id,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }

    def _client(self, kind, options, wrong):
        told = {
            "type": wrong.get("type", kind),
            "challenge": wrong.get("challenge", options["challenge"]),
            "origin": wrong.get("origin", self.origin),
            "crossOrigin": False,
        }
        return json.dumps(told).encode()

    def _data(self, domain, flags, wrong):
        self.count += self.counts
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return (
            hashlib.sha256(wrong.get("domain", domain).encode()).digest()
            + bytes([wrong.get("flags", flags)])
            + wrong.get("count", self.count).to_bytes(4, "big")
        )


def _number(value):
    return value.to_bytes(32, "big")
