"""What only a claim shows: host keys by the real ssh-keygen, clouds by a server that plays them."""

import asyncio
import base64
import json
import shutil
import subprocess
from datetime import timedelta

import pytest

from muster.agent.proofs import SSH_NAMESPACE, cloud_documents, digest_of, gather, ssh_proofs
from muster.agent.settings import EvidenceSettings
from muster.core.enrolment.evidence import NAMESPACE
from muster.net.client import Target
from muster.pki.sshsig import check_signature

CSR = "-----BEGIN CERTIFICATE REQUEST-----"
KEYGEN = shutil.which("ssh-keygen")
needs_keygen = pytest.mark.skipif(KEYGEN is None, reason="ssh-keygen is not installed")


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "etc/ssh"
    folder.mkdir(parents=True)
    for kind in ("ed25519", "ecdsa"):
        file = folder / f"ssh_host_{kind}_key"
        subprocess.run(
            [KEYGEN, "-q", "-t", kind, "-N", "", "-C", "root@secret-name", "-f", file], check=True
        )
    return tmp_path


def test_hub_and_agent_agree_on_the_purpose():
    assert SSH_NAMESPACE == NAMESPACE


@needs_keygen
async def test_each_host_key_signs_for_this_request(root):
    shown = await ssh_proofs(CSR, root)

    assert len(shown) == 2
    for each in shown:
        message = digest_of(CSR).encode()
        assert check_signature(each.key, each.signature, message, namespace=NAMESPACE)
        assert "secret-name" not in each.key


@needs_keygen
async def test_a_key_that_is_not_there_or_not_one_is_left_out(root):
    (root / "etc/ssh/ssh_host_ed25519_key").unlink()
    (root / "etc/ssh/ssh_host_ecdsa_key").write_text("nonsense")

    assert await ssh_proofs(CSR, root) == ()


@needs_keygen
async def test_without_ssh_keygen_no_key_is_shown(root, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")

    assert await ssh_proofs(CSR, root) == ()


async def test_a_machine_without_ssh_shows_what_it_has(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/machine-id").write_text("a" * 32)
    evidence = await gather("hub", CSR, EvidenceSettings(), tmp_path)

    assert evidence.machine_id
    assert (evidence.ssh, evidence.cloud) == ((), ())


class Cloud:
    """A metadata service: path -> answer. `asked` are its requests' heads."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self.server.sockets[0].getsockname()[1]
        self.target = Target(host="127.0.0.1", port=port)
        return self

    async def __aexit__(self, *_):
        self.server.close()
        await self.server.wait_closed()

    async def _serve(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head)
        path = head.split()[1].partition("?")[0]
        answer = self.answers.get(path)
        if answer is None:
            writer.write(b"HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n")
        else:
            body = answer.encode()
            writer.write(b"HTTP/1.1 200 X\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()


async def ask(provider, answers):
    async with Cloud(answers) as cloud:
        settings = EvidenceSettings(cloud=provider, cloud_timeout=timedelta(seconds=60))
        return await cloud_documents(CSR, settings, cloud.target), cloud.asked


async def test_aws_is_asked_for_document_and_signature_with_a_session_token():
    (shown,), asked = await ask(
        "aws",
        {
            "/latest/api/token": "T",
            "/latest/dynamic/instance-identity/document": '{"instanceId":"i"}',
            "/latest/dynamic/instance-identity/signature": "AA\nBB\n",
        },
    )

    assert (shown.provider, shown.document, shown.signature) == (
        "aws", '{"instanceId":"i"}', "AABB",
    )  # fmt: skip
    assert asked[0].startswith("PUT ")
    assert all("aws-ec2-metadata-token: T" in head for head in asked[1:])


async def test_google_is_asked_for_a_token_for_this_request():
    path = "/computeMetadata/v1/instance/service-accounts/default/identity"
    (shown,), asked = await ask("gcp", {path: "a.b.c\n"})

    assert (shown.provider, shown.document) == ("gcp", "a.b.c")
    assert f"audience={NAMESPACE}:{digest_of(CSR)}" in asked[0]
    assert "Metadata-Flavor: Google" in asked[0]


async def test_azure_is_asked_for_its_attested_document():
    signature = base64.b64encode(b"pkcs7").decode()
    answer = json.dumps({"encoding": "pkcs7", "signature": signature})
    (shown,), asked = await ask("azure", {"/metadata/attested/document": answer})

    assert (shown.provider, shown.document) == ("azure", signature)
    nonce = asked[0].split("nonce=")[1].split()[0]
    assert len(nonce) == 10
    assert nonce.isdigit()


@pytest.mark.parametrize("provider", ["aws", "gcp", "azure"])
async def test_a_service_that_does_not_know_leaves_the_claim_without_it(provider):
    assert (await ask(provider, {}))[0] == ()


async def test_an_answer_in_another_form_is_left_out():
    assert (await ask("azure", {"/metadata/attested/document": "[1]"}))[0] == ()


async def test_a_service_that_is_not_there_is_not_waited_for_long():
    settings = EvidenceSettings(cloud="aws", cloud_timeout=timedelta(milliseconds=50))

    assert await cloud_documents(CSR, settings, Target(host="127.0.0.1", port=1)) == ()


async def test_no_cloud_is_asked_unless_a_setting_says_so():
    async with Cloud({}) as cloud:
        assert await cloud_documents(CSR, EvidenceSettings(), cloud.target) == ()
        assert cloud.asked == []
