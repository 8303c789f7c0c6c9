import io
import sys

import msgspec
import pytest

from muster.agent.joining.identity import NodeFile, load_identity
from muster.agent.joining.recover import (
    PATH,
    OutcomeState,
    RecoverOrder,
    enrol_address,
    main,
    recover,
)
from muster.errors import InputError
from muster.model.identity import Identity
from muster.model.ids import NodeId
from muster.pki import keys
from muster.pki.possession import holds_key
from muster.testing.hub import SPACE
from muster.wire.recover import SignedRecovery, message_of, parse_recovery

OTHER = "0de00000-0000-4000-8000-00000000ffff"
FILE = NodeFile(
    node="n", space="s", name="w", hub="h", agents="hub:8401", serial="1", sha256="",
    not_before_ns=0, not_after_ns=1,
)  # fmt: skip


def order(hub):
    return RecoverOrder(proxy="none", enrol=f"127.0.0.1:{hub.enrol_port}")


def answering(hub, status, body):
    """Let the hub answer a recovery so; what it was sent."""
    sent = []

    def take(request):
        sent.append(msgspec.json.decode(request, type=SignedRecovery))
        return status, body(sent[-1]) if callable(body) else body

    hub.recoveries = take
    return sent


async def test_a_new_certificate_is_put_in_force_for_the_same_node(hub, folder):
    old = load_identity(folder)
    certificate = keys.load_chain(old.chain.read_text())[0]

    def certify(signed):
        identity = Identity(hub.authority.hub, SPACE, NodeId(old.node.node))
        renewed = hub.certify_again(identity, parse_recovery(signed.signed).csr)
        return {"chain": renewed.chain, "anchors": renewed.anchors}

    sent = answering(hub, 200, certify)
    outcome = await recover(folder, order(hub))
    new = load_identity(folder)

    assert outcome.state is OutcomeState.RECOVERED
    assert (new.node.node, new.node.name) == (old.node.node, old.node.name)
    assert new.node.serial != old.node.serial
    assert holds_key(certificate, message_of(sent[0].signed), sent[0].proof)
    assert parse_recovery(sent[0].signed).hub == hub.authority.hub
    assert not (folder / "recovery.pending").exists()


async def test_one_that_has_to_wait_asks_again_with_the_same_key(hub, folder):
    waits = {"state": "waiting", "request": "w", "retry_after_s": 7.0, "reason": "too long ago"}
    sent = answering(hub, 202, waits)
    outcomes = [await recover(folder, order(hub)) for _ in range(2)]
    asked = [keys.check_request(parse_recovery(each.signed).csr) for each in sent]

    assert outcomes[0].state is OutcomeState.WAITING
    assert outcomes[0].retry_after_s == 7.0
    assert "too long ago" in outcomes[0].text
    assert keys.key_sha256(asked[0]) == keys.key_sha256(asked[1])


async def test_a_copy_is_told_to_fork(hub, folder):
    answering(hub, 200, {"state": "fork", "token": "token", "text": "a copy"})
    outcome = await recover(folder, order(hub))

    assert (outcome.state, outcome.token) == (OutcomeState.FORK, "token")


async def test_a_refusal_is_told_in_the_hubs_words(hub, folder):
    answering(hub, 401, {"error": {"code": "node_revoked", "text": "sold"}})
    outcome = await recover(folder, order(hub))

    assert (outcome.state, outcome.code) == (OutcomeState.REFUSED, "node_revoked")
    assert "sold" in outcome.text


async def test_a_certificate_for_another_node_is_not_taken(hub, folder):
    def certify(signed):
        identity = Identity(
            hub.authority.hub, SPACE, NodeId("0de00000-0000-4000-8000-00000000ffff")
        )
        renewed = hub.certify_again(identity, parse_recovery(signed.signed).csr)
        return {"chain": renewed.chain, "anchors": renewed.anchors}

    old = load_identity(folder)
    answering(hub, 200, certify)
    with pytest.raises(Exception, match="another node"):
        await recover(folder, order(hub))

    assert load_identity(folder).node == old.node


async def test_an_answer_that_is_none_is_an_error(hub, folder):
    answering(hub, 200, {"nonsense": 1})
    with pytest.raises(InputError):
        await recover(folder, order(hub))
    answering(hub, 200, ["nonsense"])
    with pytest.raises(InputError, match="hub's answer"):
        await recover(folder, order(hub))


@pytest.mark.parametrize(
    ("asked", "address"),
    [
        (RecoverOrder(proxy="none"), "hub:8402"),
        (RecoverOrder(proxy="none", hub="other:9000"), "other:9001"),
        (RecoverOrder(proxy="none", hub="other:9000", enrol="door:1"), "door:1"),
    ],
)
def test_the_enrol_port_is_the_one_after_the_agents_unless_it_is_named(asked, address):
    assert enrol_address(FILE, asked) == address
    assert PATH == "/v1/recover"


@pytest.mark.parametrize("words", [[], ["/nowhere"]])
@pytest.mark.parametrize("given", [b"", b"{}", msgspec.json.encode({"proxy": "none"})])
def test_the_program_says_in_one_line_what_failed(monkeypatch, capsys, words, given):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))

    assert main(words) == 1
    said = capsys.readouterr()
    assert said.err
    assert said.out == ""
