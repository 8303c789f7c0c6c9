import io
import json
import sys

import pytest

from muster.agent.exits import AgentFailed
from muster.agent.joining.fork import FILE, Order, finish_fork, fork, main
from muster.agent.joining.identity import load_identity
from muster.model.inventory import Facts


class Spool:
    def __init__(self):
        self.rebased = 0

    def rebase(self):
        self.rebased += 1


async def test_a_copy_becomes_a_node_of_its_own_with_a_key_of_its_own(hub, folder):
    old = load_identity(folder)
    key = old.key.read_text()
    order = Order(token=hub.make_token(), proxy="none", facts=Facts(hostname="worker-3"))
    node = await fork(folder, order)
    new = load_identity(folder)

    assert new.node.node == node != old.node.node
    assert new.key.read_text() != key
    assert not old.folder.exists()
    assert json.loads(hub.bodies[-1]["signed"])["facts"]["hostname"] == "worker-3"


async def test_the_copied_batches_are_dropped_once_the_identity_has_changed(hub, folder):
    spool = Spool()
    await fork(folder, Order(token=hub.make_token(), proxy="none"))

    assert (folder / FILE).exists()  # a kill here is made good by the next start
    assert finish_fork(folder, spool)
    assert not finish_fork(folder, spool)
    assert spool.rebased == 1


async def test_a_fork_that_the_hub_refuses_leaves_the_identity_in_force(hub, folder):
    old = load_identity(folder)
    hub.faults.refuse_claim = (401, "token_expired", "too late")
    with pytest.raises(AgentFailed, match="too late"):
        await fork(folder, Order(token=hub.make_token(), proxy="none"))

    assert load_identity(folder).node == old.node
    assert not finish_fork(folder, Spool())


async def test_a_folder_that_is_none_cannot_be_forked(tmp_path):
    with pytest.raises(Exception, match="not claimed"):
        await fork(tmp_path, Order(token="t", proxy="none"))


@pytest.mark.parametrize("words", [[], ["/nowhere"]])
@pytest.mark.parametrize("given", [b"", b"{}", b'{"token":"t","proxy":"none"}'])
def test_the_program_says_in_one_line_what_failed(monkeypatch, capsys, words, given):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))

    assert main(words) == 1
    said = capsys.readouterr()
    assert said.err
    assert "Traceback" not in said.err
