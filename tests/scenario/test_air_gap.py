"""A machine joins by two files that are carried, and renews the same way: real processes."""

import shutil
import subprocess

import msgspec
import pytest
from processes import Agent, Hub, free_port_base, run, until

from muster.agent.joining.credential import pending_key
from muster.clock import SECOND_NS
from muster.pki.possession import prove_possession
from muster.wire.airgap import GapRequest, SignedGapRequest, format_text, message_of
from muster.wire.armour import Kind, format_armour, parse_armour

pytestmark = pytest.mark.scenario


@pytest.fixture
def hub(tmp_path):
    hub = Hub(tmp_path / "hub", free_port_base(), command="hub")
    yield hub
    hub.stop()


def request(folder, *words):
    return run("agent", "request", "--data", str(folder), *words)


def take(folder, text, *words):
    line = ("agent", "import", "-", "--data", str(folder), *words)
    return run(*line, ok=False, stdin=text)


def pin_of(hub):
    return hub.muster("ca", "show", "--json")["pins"][0]


def test_a_machine_joins_and_renews_by_files_alone(hub, tmp_path):
    node = tmp_path / "node"
    hub.muster("room", "create", "vault")
    asked = request(node, "--pin", pin_of(hub))
    assert "PRIVATE KEY" not in asked
    assert request(node, "--pin", pin_of(hub)) == asked
    shown = hub.muster("sign", "--show", "-", "--json", stdin=asked)
    assert shown["signed_ns"] == 0
    words = ("--room", "vault", "--name", "safe-01", "--lifetime", "2d")
    answer = hub.muster("sign", "-", *words, stdin=asked)

    taken = take(node, answer)

    assert taken.returncode == 0, taken.stderr
    agent = Agent(node)
    try:
        live = hub.live("safe-01")
        assert live["rooms"] == ["vault"]
        (listed,) = hub.muster("approval", "list", "--all", "--json")
        assert (listed["kind"], listed["decision"], listed["node"]) == (
            "air_gap",
            "approved",
            live["id"],
        )
        assert hub.muster("sign", "-", ok=False, stdin=asked).returncode == 6  # it is in use

        again = request(node, "--renew")
        renewed = hub.muster("sign", "-", "--json", stdin=again)
        assert renewed["node"]["id"] == live["id"]
        assert take(node, renewed["response"]).returncode == 0
        serial = agent.told()["node"]["serial"]
    finally:
        agent.stop()
    agent = Agent(node)
    try:
        hub.live("safe-01")

        def in_use():
            states = hub.muster("node", "show", "safe-01", "--json")["credentials"]
            return next((c for c in states if c["serial"] == serial), {}).get("state") == "active"

        until("the renewed certificate is in use", in_use)
    finally:
        agent.stop()


def test_answers_that_are_no_good_are_refused_each_with_its_reason(hub, tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    asked = request(one)
    answer = hub.muster("sign", "-", stdin=asked)
    request(other)
    lines = answer.splitlines(keepends=True)
    altered = "".join([*lines[:5], lines[5].swapcase(), *lines[6:]])

    for folder, text, code, word in (
        (one, "".join(lines[:8]), 37, "cut short"),
        (one, altered, 37, "altered"),
        (one, asked, 37, "a MUSTER RESPONSE is due"),
        (other, answer, 38, "another request"),
        (one, answer, 40, "fingerprint"),
    ):
        refused = take(folder, text)
        assert (refused.returncode, word in refused.stderr) == (code, True), refused.stderr
    wrong = take(one, answer, "--trust-fingerprint", "0" * 64)
    assert (wrong.returncode, "another hub" in wrong.stderr) == (21, True)
    assert take(one, answer, "--trust-fingerprint", pin_of(hub)).returncode == 0
    replayed = take(one, answer, "--trust-fingerprint", pin_of(hub))
    assert replayed.returncode == 38
    late = hub.muster("sign", "-", ok=False, stdin=request_that_ends(tmp_path / "late"))
    assert (late.returncode, "the request ended" in late.stderr) == (2, True)


def request_that_ends(folder):
    """One that was made yesterday for a moment: signed anew with the key that waits."""
    text = request(folder)
    signed = msgspec.json.decode(parse_armour(Kind.REQUEST, text), type=SignedGapRequest)
    asked = msgspec.json.decode(signed.signed, type=GapRequest)
    past_ns = asked.created_ns - 86_400 * SECOND_NS
    body = format_text(msgspec.structs.replace(asked, created_ns=past_ns, expires_ns=past_ns + 1))
    proof = prove_possession(pending_key(folder, "request", "join"), message_of(body))
    document = msgspec.json.encode(SignedGapRequest(signed=body, proof=proof))
    return format_armour(Kind.REQUEST, document)


def test_codes_are_read_by_a_camera_and_passed_on_in_any_order(hub, tmp_path):
    pytest.importorskip("segno", reason="segno is not installed: no codes are drawn")
    camera = shutil.which("zbarimg")
    if camera is None:
        pytest.skip("zbarimg is not installed: nobody reads the codes (apt install zbar-tools)")
    run("agent", "request", "--data", str(tmp_path / "node"), "--png", str(tmp_path / "request"))
    files = sorted(tmp_path.glob("request-*.png"), reverse=True)
    read = subprocess.run(
        [camera, "--raw", "-q", *map(str, files)], capture_output=True, text=True, check=True
    )
    answer = hub.muster("sign", "-", "--json", stdin=read.stdout)
    scanned = "\n".join(reversed(answer["codes"]))

    taken = take(tmp_path / "node", scanned, "--trust-fingerprint", pin_of(hub))
    assert taken.returncode == 0, taken.stderr
