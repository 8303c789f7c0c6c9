"""What a machine can show of itself beside its token: weighed and shown, never a gate.

Identifiers of a machine come hashed with the hub's id (core and agent agree by
docs/formats/claim.md), so that two hubs cannot put their lists together.
"""

from typing import Annotated

import msgspec

_Digest = Annotated[str, msgspec.Meta(max_length=64)]
_Key = Annotated[str, msgspec.Meta(max_length=2_048)]
_Signature = Annotated[str, msgspec.Meta(max_length=4_096)]
_Document = Annotated[str, msgspec.Meta(max_length=12_288)]


class SshHostKey(msgspec.Struct, frozen=True, kw_only=True):
    """A host key of the machine's SSH server and its signature for this very request."""

    key: _Key  # as in /etc/ssh/ssh_host_*_key.pub: "ssh-ed25519 AAAA…"
    signature: _Signature  # armoured, as ssh-keygen -Y sign writes it


class CloudDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What a cloud says of the machine, as its metadata service gave it."""

    provider: _Digest  # aws, gcp or azure
    document: _Document  # the signed text; of gcp the whole JWT
    signature: _Signature = ""  # base64; of gcp in the document


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. What is missing is empty."""

    machine_id: _Digest = ""  # SHA-256, lower-case hex, as the next ones
    dmi: _Digest = ""  # of the mainboard's or virtual machine's UUID
    macs: Annotated[tuple[_Digest, ...], msgspec.Meta(max_length=16)] = ()  # of network cards
    boot_id: _Digest = ""  # as the kernel says it; new with each boot
    ssh: Annotated[tuple[SshHostKey, ...], msgspec.Meta(max_length=4)] = ()
    cloud: Annotated[tuple[CloudDocument, ...], msgspec.Meta(max_length=1)] = ()
