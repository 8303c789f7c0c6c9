"""Proofs that only a claim shows: the SSH server's host keys, and what the cloud says.

Each is made for this very request and collected within seconds or left out: a claim never
fails for want of evidence. Cloud documents are fetched only when a setting asks for them.

Source: ssh-keygen(1) -Y sign; docs/formats/claim.md; the metadata services' own manuals.
"""

import asyncio
import hashlib
import shutil
from pathlib import Path

import msgspec

from muster.agent.machine.evidence import machine_evidence
from muster.agent.settings import EvidenceSettings
from muster.errors import MusterError
from muster.model.evidence import CloudDocument, Evidence, SshHostKey
from muster.net.client import Answer, Target, request

SSH_NAMESPACE = "muster-claim"
MAX_KEYS = 4
_SIGN_S = 10.0
_MAX_KEY = 2_048
_MAX_SIGNATURE = 4_096
_MAX_DOCUMENT = 12_288


async def gather(
    hub: str, csr: str, settings: EvidenceSettings, root: Path = Path("/")
) -> Evidence:
    """All that this machine can show to one hub with a request."""
    said = await asyncio.to_thread(machine_evidence, hub, root)
    return msgspec.structs.replace(
        said,
        ssh=await ssh_proofs(csr, root) if settings.ssh else (),
        cloud=await cloud_documents(csr, settings),
    )


def digest_of(csr: str) -> str:
    """What proofs are bound to: SHA-256 of the request's text."""
    return hashlib.sha256(csr.encode()).hexdigest()


async def ssh_proofs(csr: str, root: Path = Path("/")) -> tuple[SshHostKey, ...]:
    """A signature by each host key that may be read. Takes ssh-keygen; without it, none."""
    program = shutil.which("ssh-keygen")
    if program is None:
        return ()
    found = []
    for public in sorted((root / "etc/ssh").glob("ssh_host_*_key.pub"))[:MAX_KEYS]:
        proof = await _sign(program, public, digest_of(csr))
        if proof is not None:
            found.append(proof)
    return tuple(found)


async def _sign(program: str, public: Path, digest: str) -> SshHostKey | None:
    try:
        key = await asyncio.to_thread(_public_key, public)
        process = await asyncio.create_subprocess_exec(
            program,
            *("-q", "-Y", "sign", "-n", SSH_NAMESPACE, "-f", str(public.with_suffix(""))),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except (OSError, UnicodeDecodeError):
        return None
    try:
        async with asyncio.timeout(_SIGN_S):
            signature, _ = await process.communicate(digest.encode())
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    if process.returncode or len(key) > _MAX_KEY or len(signature) > _MAX_SIGNATURE:
        return None
    return SshHostKey(key=key, signature=signature.decode("ascii", "replace"))


def _public_key(public: Path) -> str:
    """Without its comment, which may name somebody."""
    return " ".join(public.read_text("ascii").split()[:2])


async def cloud_documents(
    csr: str, settings: EvidenceSettings, service: Target | None = None
) -> tuple[CloudDocument, ...]:
    """The cloud's document for this machine; none when the service is not there in time."""
    if settings.cloud == "none":
        return ()
    ask = _Metadata(
        service or Target(host="169.254.169.254", port=80), settings.cloud_timeout.total_seconds()
    )
    try:
        match settings.cloud:
            case "aws":
                document = await _aws(ask)
            case "gcp":
                document = await _gcp(ask, digest_of(csr))
            case _:
                document = await _azure(ask, digest_of(csr))
    except (MusterError, UnicodeDecodeError, msgspec.DecodeError, TimeoutError, OSError):
        return ()
    return (document,)


class _Metadata:
    """A metadata service. It is on this very machine's network and speaks plain HTTP."""

    def __init__(self, target: Target, timeout_s: float) -> None:
        self._target = target
        self._timeout_s = timeout_s

    async def get(self, path: str, **headers: str) -> str:
        return (await self._send("GET", path, headers)).body.decode("utf-8")

    async def put(self, path: str, **headers: str) -> str:
        return (await self._send("PUT", path, headers)).body.decode("ascii")

    async def _send(self, method: str, path: str, headers: dict[str, str]) -> Answer:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        async with asyncio.timeout(self._timeout_s):
            answer = await request(
                self._target,
                method,
                path,
                headers=named,
                timeout_s=self._timeout_s,
                max_body_bytes=_MAX_DOCUMENT,
            )
        if answer.status != 200:
            raise MusterError(f"metadata service answers {answer.status}")
        return answer


async def _aws(ask: _Metadata) -> CloudDocument:
    token = await ask.put("/latest/api/token", X_aws_ec2_metadata_token_ttl_seconds="60")  # noqa: S106 - a span
    folder = "/latest/dynamic/instance-identity"
    document = await ask.get(f"{folder}/document", X_aws_ec2_metadata_token=token)
    signature = await ask.get(f"{folder}/signature", X_aws_ec2_metadata_token=token)
    return CloudDocument(provider="aws", document=document, signature=signature.replace("\n", ""))


async def _gcp(ask: _Metadata, digest: str) -> CloudDocument:
    path = "/computeMetadata/v1/instance/service-accounts/default/identity"
    query = f"audience={SSH_NAMESPACE}:{digest}&format=full"
    jwt = await ask.get(f"{path}?{query}", Metadata_Flavor="Google")
    return CloudDocument(provider="gcp", document=jwt.strip())


async def _azure(ask: _Metadata, digest: str) -> CloudDocument:
    nonce = str(int(digest[:8], 16))[-10:].zfill(10)  # it takes ten digits
    path = f"/metadata/attested/document?api-version=2020-09-01&nonce={nonce}"
    text = await ask.get(path, Metadata="true")
    signed = msgspec.json.decode(text, type=dict[str, str])
    return CloudDocument(provider="azure", document=signed.get("signature", ""))
