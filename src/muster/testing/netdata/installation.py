"""What lies on a simulated agent's disk and outlives its process: key, claim, hosts.

Source: specification 2.1, 2.7
"""

import uuid
from collections.abc import Sequence

import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from muster.testing.netdata.machine import Machine, make_machine
from muster.testing.rsakeys import rsa_key


class Installation(msgspec.Struct, kw_only=True):
    """One installation. A copy of it is a clone."""

    machine: Machine
    key: rsa.RSAPrivateKey
    claim_id: str = ""  # empty: not claimed
    url: str = ""

    @property
    def public_pem(self) -> str:
        """As it is put: SPKI, ends with a newline."""
        form = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return self.key.public_key().public_bytes(*form).decode()

    def copy(self) -> "Installation":
        """The same disk in another machine."""
        hosts = [msgspec.structs.replace(host) for host in self.machine.hosts]
        return msgspec.structs.replace(self, machine=Machine(hosts=hosts))


def install(
    hostname: str,
    *,
    now_s: int,
    children: Sequence[str] = (),
    key: rsa.RSAPrivateKey | None = None,
) -> Installation:
    """A fresh one, with children of these host names; without a key it has the tests' first."""
    behind = [(str(uuid.uuid4()), name) for name in children]
    return Installation(
        machine=make_machine(str(uuid.uuid4()), hostname, now_s=now_s, children=behind),
        key=key or rsa_key(),
    )
