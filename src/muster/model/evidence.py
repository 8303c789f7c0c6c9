"""What a machine can show of itself beside its token: weighed and shown, never a gate.

Identifiers of a machine come hashed with the hub's id (core and agent agree by
docs/formats/claim.md), so that two hubs cannot put their lists together.
"""

import msgspec


class SshHostKey(msgspec.Struct, frozen=True, kw_only=True):
    """A host key of the machine's SSH server and its signature for this very request."""

    key: str  # as in /etc/ssh/ssh_host_*_key.pub: "ssh-ed25519 AAAA…"
    signature: str  # armoured, as ssh-keygen -Y sign writes it


class CloudDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What a cloud says of the machine, as its metadata service gave it."""

    provider: str  # aws, gcp or azure
    document: str  # the signed text; of gcp the whole JWT
    signature: str = ""  # base64; of gcp in the document


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. What is missing is empty."""

    machine_id: str = ""  # SHA-256, lower-case hex, as the next ones
    dmi: str = ""  # of the mainboard's or virtual machine's UUID
    macs: tuple[str, ...] = ()  # one of each network card
    boot_id: str = ""  # as the kernel says it; new with each boot
    ssh: tuple[SshHostKey, ...] = ()
    cloud: tuple[CloudDocument, ...] = ()
