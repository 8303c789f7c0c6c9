"""`muster agent request` and `import`, with a hub's answer made by hand."""

import io
import json

import msgspec
import pytest

from muster.agent.exits import Exit
from muster.cli import airgap
from muster.cli import main as cli
from muster.clock import SystemClock
from muster.model.identity import Identity
from muster.pki.authority import Authority, make_hierarchy
from muster.wire.airgap import (
    GapAnswer,
    GapRequest,
    SignedGapAnswer,
    SignedGapRequest,
    digest_of,
    format_text,
)
from muster.wire.armour import Kind, format_armour, format_parts, parse_armour

ID = "6f1c1a52-0000-4000-8000-000000000001"
NOW_NS = SystemClock().now_ns()
HUB = Authority(make_hierarchy(NOW_NS))
PIN = HUB.pins[0]


@pytest.fixture
def agent(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MUSTER_MACHINE", str(tmp_path))

    def run(*words, stdin=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        capsys.readouterr()
        code = cli.main(["agent", *words, "--data", str(tmp_path / "node")])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def answered(text):
    signed = msgspec.json.decode(parse_armour(Kind.REQUEST, text), type=SignedGapRequest)
    request = msgspec.json.decode(signed.signed, type=GapRequest)
    issued = HUB.issue_agent(request.csr, Identity(HUB.hub, ID, ID), now_ns=NOW_NS)
    body = format_text(
        GapAnswer(
            request_sha256=digest_of(signed.signed),
            node=ID,
            space=ID,
            name="safe-01",
            chain=issued.chain,
            anchors=HUB.anchors,
            agents="hub.example:8401",
            issued_ns=NOW_NS,
            expires_ns=NOW_NS + 10**14,
        )
    )
    return msgspec.json.encode(SignedGapAnswer(signed=body, proof=HUB.sign_answer(body)))


def test_a_request_is_printed_and_its_answer_taken_in(agent):
    code, text, said = agent("request")
    assert (code, "muster sign" in said) == (0, True)
    assert agent("request")[1] == text
    document = answered(text)

    response = format_armour(Kind.RESPONSE, document)
    code, _, said = agent("import", "-", stdin=response)
    assert (code, PIN in said) == (Exit.FINGERPRINT, True)
    codes = "\n".join(format_parts(Kind.RESPONSE, document))
    code, out, _ = agent("import", "-", "--json", "--trust-fingerprint", PIN, stdin=codes)
    assert (code, json.loads(out)["name"]) == (0, "safe-01")
    assert agent("import", "-", stdin=response)[0] == Exit.OTHER_REQUEST
    assert agent("request")[0] == Exit.ALREADY_CLAIMED
    assert agent("request", "--renew")[0] == 0


def test_on_a_terminal_the_fingerprint_is_asked_about(agent, tmp_path, monkeypatch):
    response = tmp_path / "response.txt"
    response.write_text(format_armour(Kind.RESPONSE, answered(agent("request")[1])))
    monkeypatch.setattr(airgap, "_can_ask", lambda options: True)

    code, _, said = agent("import", str(response), stdin="n\n")
    assert (code, "Is it the same?" in said) == (Exit.FINGERPRINT, True)
    assert agent("import", str(response), stdin="y\n")[0] == 0


def test_a_request_for_scripts_has_codes_too(agent):
    made = json.loads(agent("request", "--json", "--pin", PIN)[1])

    document = parse_armour(Kind.REQUEST, made["request"])
    assert parse_armour(Kind.REQUEST, "\n".join(made["codes"])) == document
    signed = msgspec.json.decode(document, type=SignedGapRequest)
    assert made["sha256"] == digest_of(signed.signed)
    assert msgspec.json.decode(signed.signed, type=GapRequest).pins == (PIN,)


def test_one_of_several_hubs_is_joined_by_hand_in_its_own_folder(agent, tmp_path):
    assert agent("request", "--hub-name", "office")[0] == 0

    assert (tmp_path / "node/hubs/office/request.pending/key.pem").exists()
    assert not (tmp_path / "node/request.pending").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("request", "--pin", "abc"), 2),
        (("request", "--expires", "91d"), 2),
        (("request", "--renew"), Exit.NOT_CLAIMED),
        (("request", "--hub-name", "../x"), 2),
        (("import", "/no/such/file"), 2),
    ],
)
def test_what_cannot_be_done_has_its_exit_code(agent, words, code):
    assert agent(*words)[0] == code
