"""Joining a hub: every way it can fail has its own exit code and leaves nothing behind."""

import asyncio
import io
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from muster.agent.exits import AgentFailed, Exit
from muster.agent.joining.claim import Claimed, claim, read_token, unclaim
from muster.agent.joining.identity import is_claimed, load_identity
from muster.agent.joining.lock import held
from muster.agent.joining.revoked import Revocation, note_revocation, read_revocation
from muster.clock import ManualClock, SystemClock
from muster.errors import MusterError
from muster.log import Secret
from muster.model.evidence import Evidence
from muster.model.inventory import Facts
from muster.net.proxy import ProxySetting
from muster.pki import keys, profile
from muster.pki.authority import Authority
from muster.pki.building import build
from muster.pki.rollover import below
from muster.testing.hub import FakeHub
from muster.wire.claimtoken import BadToken

CLOCK = SystemClock()


@pytest.fixture
async def hub():
    async with FakeHub(clock=CLOCK) as hub:
        yield hub


async def attempt(data: Path, token: str, **options: object) -> Claimed:
    options = {"proxy": ProxySetting("none"), "clock": CLOCK} | options
    return await claim(data, Secret(token), facts=lambda: Facts(hostname="web-1"), **options)


async def failure(data: Path, token: str, **options: object) -> tuple[Exit, str]:
    """Exit code and text of a claim that must fail, having left the folder unclaimed."""
    with pytest.raises(AgentFailed) as caught:
        await attempt(data, token, **options)
    assert not is_claimed(data)
    return Exit(caught.value.exit_code), str(caught.value)


async def test_a_claim_makes_the_machine_a_node(hub, tmp_path):
    claimed = await attempt(tmp_path / "node", hub.make_token())

    identity = load_identity(tmp_path / "node")
    assert identity.node == claimed.node
    assert identity.node.agents == f"127.0.0.1:{hub.agents_port}"
    assert identity.node.hub == hub.authority.hub
    assert identity.anchors() == hub.authority.anchors
    leaf = keys.views(identity.chain.read_text())[0]
    assert (leaf.serial, leaf.not_after_ns) == (identity.node.serial, identity.node.not_after_ns)


@pytest.mark.parametrize("brought", [False, True])
async def test_evidence_is_made_for_this_hub_whatever_its_root_says(hub, tmp_path, brought):
    if brought:
        await hub.stop()
        key, root = _brought_root()
        now_ns = CLOCK.now_ns()
        hub.authority = Authority(below(root, key, hub.authority.hub, now_ns, keep_key=False))
        await hub.start()
    asked = []

    async def gather(hub_id, csr):
        asked.append(hub_id)
        return Evidence()

    await attempt(tmp_path / "node", hub.make_token(), evidence=gather)

    assert asked == [hub.authority.hub]


def _brought_root():
    """A root that names no hub."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "own root")])
    now_ns, kind = CLOCK.now_ns(), profile.ROOT
    root = build(kind, name, name, key.public_key(), key, now_ns, [])
    return keys.format_key(key), keys.format_chain(root)


async def test_the_key_is_made_here_and_fits_the_certificate(hub, tmp_path):
    await attempt(tmp_path / "node", hub.make_token())

    identity = load_identity(tmp_path / "node")
    key = Secret(identity.key.read_text())
    assert keys.own_key_sha256(key) == keys.views(identity.chain.read_text())[0].key_sha256
    assert identity.key.stat().st_mode & 0o777 == 0o600


async def test_the_key_does_not_wait_any_longer_once_claimed(hub, tmp_path):
    await attempt(tmp_path / "node", hub.make_token())

    assert not (tmp_path / "node" / "claim.pending").exists()


async def test_a_claim_whose_answer_was_lost_is_repeated_as_the_same_claim(
    hub, tmp_path, monkeypatch
):
    token = hub.make_token()
    monkeypatch.setattr(
        "muster.agent.joining.claim.put_in_force",
        lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt),
    )
    with pytest.raises(KeyboardInterrupt):
        await attempt(tmp_path / "node", token)
    monkeypatch.undo()

    await attempt(tmp_path / "node", token)

    assert len(hub.claims) == 1


async def test_another_token_means_another_key(hub, tmp_path):
    hub.faults.refuse_claim = (401, "token_used_up", "used up")
    await failure(tmp_path / "node", hub.make_token())
    first = (tmp_path / "node" / "claim.pending" / "key.pem").read_text()
    await failure(tmp_path / "node", hub.make_token())

    assert (tmp_path / "node" / "claim.pending" / "key.pem").read_text() != first


async def test_a_claimed_folder_that_was_revoked_says_so_and_what_to_do(hub, tmp_path):
    claimed = await attempt(tmp_path / "node", hub.make_token())
    node = claimed.node.node
    told = Revocation(node=node, hub="h", code="node_revoked", text="sold", time_ns=10**18)
    note_revocation(tmp_path / "node", told)
    with pytest.raises(AgentFailed, match=f"{node}, which was revoked .* --force-new") as caught:
        await attempt(tmp_path / "node", hub.make_token())

    assert caught.value.exit_code is Exit.ALREADY_CLAIMED


async def test_a_claimed_folder_is_not_claimed_again(hub, tmp_path):
    await attempt(tmp_path / "node", hub.make_token())
    with pytest.raises(AgentFailed, match="unclaim") as caught:
        await attempt(tmp_path / "node", hub.make_token())

    assert caught.value.exit_code is Exit.ALREADY_CLAIMED


async def test_unclaim_frees_the_folder_for_another_claim(hub, tmp_path):
    first = await attempt(tmp_path / "node", hub.make_token())
    unclaim(tmp_path / "node")
    second = await attempt(tmp_path / "node", hub.make_token())

    assert first.node.node != second.node.node


def test_unclaiming_what_is_not_claimed_says_so(tmp_path):
    with pytest.raises(AgentFailed) as caught:
        unclaim(tmp_path)

    assert caught.value.exit_code is Exit.NOT_CLAIMED


async def test_a_hub_with_another_root_is_told_nothing(hub, tmp_path):
    code, text = await failure(tmp_path / "node", hub.make_token(pins=("ab" * 32,)))

    assert code is Exit.WRONG_PIN
    assert "Nothing was sent" in text
    assert hub.claims == {}


async def test_a_stranger_that_shows_the_right_root_is_told_nothing(hub, tmp_path):
    async with FakeHub(clock=CLOCK) as stranger:
        real = stranger.authority
        token = stranger.make_token(pins=hub.authority.pins)
        stranger.authority = type(
            "Shown",
            (),
            {"anchors": hub.authority.anchors, "hub": real.hub, "issue_server": real.issue_server},
        )()
        code, _ = await failure(tmp_path / "node", token)

        assert code is Exit.WRONG_PIN
        assert stranger.claims == {}


async def test_a_hub_that_is_away_cannot_be_connected(hub, tmp_path):
    await hub.stop()

    code, text = await failure(tmp_path / "node", hub.make_token())

    assert code is Exit.CANNOT_CONNECT
    assert f"127.0.0.1:{hub.enrol_port}" in text
    await hub.start()


async def test_the_next_address_of_the_token_is_tried(hub, tmp_path):
    token = hub.make_token("127.0.0.1:1", f"127.0.0.1:{hub.enrol_port}")

    await attempt(tmp_path / "node", token)

    assert is_claimed(tmp_path / "node")


async def test_a_port_that_speaks_something_else_cannot_be_connected(hub, tmp_path):
    token = hub.make_token(f"127.0.0.1:{hub.agents_port}")

    code, _ = await failure(tmp_path / "node", token)

    assert code is Exit.CANNOT_CONNECT
    hub.errors.clear()


@pytest.mark.parametrize(
    ("status", "code", "exit_code"),
    [
        (401, "token_unknown", Exit.TOKEN_UNKNOWN),
        (401, "token_expired", Exit.TOKEN_EXPIRED),
        (401, "token_used_up", Exit.TOKEN_USED_UP),
        (409, "already_claimed", Exit.ALREADY_CLAIMED),
        (400, "bad_csr", Exit.HUB_ERROR),
        (429, "limit_exceeded", Exit.HUB_ERROR),
        (500, "internal", Exit.HUB_ERROR),
        (500, "../etc", Exit.HUB_ERROR),
    ],
)
async def test_each_refusal_of_the_hub_has_its_exit_code(hub, tmp_path, status, code, exit_code):
    hub.faults.refuse_claim = (status, code, "because of this")

    found, text = await failure(tmp_path / "node", hub.make_token())

    assert found is exit_code
    assert "because of this" in text


async def test_a_clock_far_behind_is_named_with_its_distance(tmp_path):
    future = ManualClock(CLOCK.now_ns() + 400 * 86_400 * 10**9)
    async with FakeHub(clock=future) as hub:
        code, text = await failure(tmp_path / "node", hub.make_token())

    assert code is Exit.CLOCK_WRONG
    assert "not yet valid" in text


async def test_a_clock_is_compared_with_the_hubs_own(tmp_path):
    async with FakeHub(clock=ManualClock(CLOCK.now_ns() - 400 * 86_400 * 10**9)) as past:
        past.date = "Mon, 01 Jan 2001 00:00:00 GMT"
        code, text = await failure(tmp_path / "node", past.make_token())

    assert code is Exit.CLOCK_WRONG
    assert "s ahead of the hub's" in text


async def test_a_damaged_token_is_found_without_asking_the_hub(hub, tmp_path):
    token = hub.make_token()

    code, text = await failure(tmp_path / "node", token[:-1] + ("a" if token[-1] != "a" else "b"))

    assert code is Exit.BAD_TOKEN
    assert token[20:40] not in text


async def test_a_folder_in_use_is_left_alone(hub, tmp_path):
    with held(tmp_path / "node"):
        code, _ = await failure(tmp_path / "node", hub.make_token())

    assert code is Exit.ALREADY_RUNNING


async def test_a_folder_that_cannot_be_made_is_named(hub, tmp_path):
    (tmp_path / "file").write_text("in the way")

    code, text = await failure(tmp_path / "file" / "node", hub.make_token())

    assert code is Exit.DISK
    assert str(tmp_path / "file") in text


async def test_no_error_shows_the_secret(hub, tmp_path):
    token = hub.make_token()
    secret = token.split(".")[2]
    hub.faults.refuse_claim = (401, "token_used_up", "used up")

    _, text = await failure(tmp_path / "node", token)

    assert secret not in text
    assert secret not in repr(Secret(token))


@pytest.mark.parametrize("step", range(0, 24, 2))
async def test_killed_at_any_step_it_is_wholly_claimed_or_wholly_not(hub, tmp_path, step):
    """A real process, killed by a real signal at its n-th sync or rename."""
    token = hub.make_token()
    script = textwrap.dedent(f"""
        import asyncio, os, signal
        from pathlib import Path
        left = [{step}]
        def dying(real):
            def call(*arguments, **named):
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*arguments, **named)
            return call
        for name in ("fsync", "replace", "symlink", "mkdir"):
            setattr(os, name, dying(getattr(os, name)))
        from muster.agent.joining.claim import claim
        from muster.clock import SystemClock
        from muster.log import Secret
        from muster.model.inventory import Facts
        from muster.net.proxy import ProxySetting
        asyncio.run(claim(Path({str(tmp_path / "node")!r}), Secret({token!r}),
                          proxy=ProxySetting("none"), clock=SystemClock(), facts=Facts))
    """)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stderr=subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), errors

    if is_claimed(tmp_path / "node"):
        load_identity(tmp_path / "node")
    else:
        assert process.returncode == -signal.SIGKILL
        await attempt(tmp_path / "node", token)
    assert len(hub.claims) == 1


def test_a_token_is_read_from_a_file_from_standard_input_or_the_environment(tmp_path):
    file = tmp_path / "token"
    file.write_text(" from file\n")

    assert read_token(file).reveal() == "from file"
    assert read_token(Path("-"), stdin=io.StringIO("from stdin\n")).reveal() == "from stdin"
    environment = {"MUSTER_CLAIM_TOKEN": "from environment"}
    assert read_token(None, environment=environment).reveal() == "from environment"


def test_no_token_at_all_says_where_it_could_come_from():
    with pytest.raises(BadToken, match="MUSTER_CLAIM_TOKEN"):
        read_token(None, environment={})


def test_a_token_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadToken, match="no such file"):
        read_token(tmp_path / "none")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_token_file_that_may_not_be_read_is_a_matter_of_permission(tmp_path):
    file = tmp_path / "token"
    file.touch(mode=0)

    with pytest.raises(MusterError, match="Permission"):
        read_token(file)


async def test_a_folder_whose_node_was_revoked_joins_again_only_when_forced(tmp_path):
    told = Revocation(node="n", hub="h", code="node_revoked", text="sold", time_ns=10**18)
    async with FakeHub(clock=SystemClock()) as hub:
        parts = {
            "clock": SystemClock(),
            "facts": lambda: Facts(hostname="web"),
            "proxy": ProxySetting("none"),
        }
        note_revocation(tmp_path, told)
        with pytest.raises(AgentFailed) as failed:
            await claim(tmp_path, Secret(hub.make_token()), **parts)
        await claim(tmp_path, Secret(hub.make_token()), force_new=True, **parts)

    assert failed.value.exit_code is Exit.WAS_REVOKED
    assert read_revocation(tmp_path) is None
