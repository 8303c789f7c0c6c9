import msgspec
import pytest

from muster.agent.joining.claim import claim
from muster.agent.joining.fork import FILE as FORK_FILE
from muster.agent.joining.fork import Order, finish_fork, mark_fork
from muster.agent.joining.identity import NodeFile, load_identity
from muster.agent.joining.recover import Outcome, OutcomeState, RecoverOrder
from muster.agent.joining.renewal import RenewalFailed
from muster.agent.joining.revoked import read_revocation
from muster.agent.linking.mending import (
    FORK,
    RECOVER,
    CredentialExpired,
    Mending,
    RecoveryRefused,
    code_of,
    ends_with_certificate,
)
from muster.agent.linking.session import ForkOrdered, LinkEnded
from muster.clock import ManualClock, SystemClock
from muster.errors import Unavailable
from muster.log import Secret
from muster.model.inventory import Facts
from muster.net.proxy import ConnectFailed, ProxySetting
from muster.net.tls import TlsRefused
from muster.testing.hub import FakeHub
from muster.wire.messages import Fork, Goodbye

FACTS = Facts(hostname="web")
EXPIRED = TlsRefused(("credential_expired", "hub ends the connection: expired"))


class Spool:
    def __init__(self):
        self.rebased = 0

    def rebase(self):
        self.rebased += 1


class Program:
    """Remembers what was run, and prints what a test wants."""

    def __init__(self, output=""):
        self.output = output
        self.runs = []

    async def __call__(self, module, data, order):
        self.runs.append((module, data, order))
        if isinstance(self.output, Exception):
            raise self.output
        return self.output


@pytest.fixture
async def folder(tmp_path):
    async with FakeHub(clock=SystemClock()) as hub:
        await claim(
            tmp_path,
            Secret(hub.make_token()),
            clock=SystemClock(),
            facts=lambda: Facts(hostname="web"),
            proxy=ProxySetting("none"),
        )
    return tmp_path


def mending(folder, program, spool=None):
    return Mending(
        data=folder,
        spool=spool or Spool(),
        clock=ManualClock(),
        proxy=ProxySetting("http://me:secret@proxy:3128"),
        enrol="hub:8402",
        facts=lambda: FACTS,
        program=program,
    )


def outcome(state, **parts):
    return msgspec.json.encode(Outcome(state=state, **parts)).decode()


async def test_an_ended_certificate_is_recovered_by_a_program_of_its_own(folder):
    program = Program(outcome(OutcomeState.RECOVERED))

    assert await mending(folder, program).mend(EXPIRED)
    ((module, data, order),) = program.runs
    assert (module, data) == (RECOVER, folder)
    assert msgspec.json.decode(order, type=RecoverOrder) == RecoverOrder(
        proxy="http://me:secret@proxy:3128", enrol="hub:8402", facts=FACTS
    )


@pytest.mark.parametrize("code", ["credential_retired", "credential_unknown"])
async def test_a_certificate_that_is_not_the_newest_is_asked_about(folder, code):
    program = Program(outcome(OutcomeState.WAITING, text="asks", retry_after_s=30.0))
    with pytest.raises(RecoveryRefused) as refused:
        await mending(folder, program).mend(LinkEnded(Goodbye(code=code, text="replaced")))

    assert refused.value.code == "recovery_waiting"
    assert refused.value.retry_after_s == 30.0
    assert "replaced" in str(refused.value)


async def test_a_copy_whose_certificate_has_ended_forks_when_it_is_told(folder):
    class Programs(Program):
        async def __call__(self, module, data, order):
            self.output = outcome(OutcomeState.FORK, token="token") if module == RECOVER else "n"
            return await super().__call__(module, data, order)

    program = Programs()

    assert await mending(folder, program).mend(EXPIRED)
    assert [module for module, _, _ in program.runs] == [RECOVER, FORK]


async def test_what_the_hub_refuses_is_told_in_its_words(folder):
    program = Program(outcome(OutcomeState.REFUSED, code="recovery_denied", text="denied"))
    with pytest.raises(RecoveryRefused, match="denied") as refused:
        await mending(folder, program).mend(EXPIRED)

    assert refused.value.code == "recovery_denied"


async def test_only_what_the_hub_says_itself_is_a_reason_to_ask_for_a_certificate(folder):
    program = Program(outcome(OutcomeState.RECOVERED))
    for cause in (ConnectFailed("cannot connect"), TlsRefused(("clock", "expired by our clock"))):
        error = CredentialExpired(load_identity(folder).node, cause)
        error.__cause__ = cause
        assert not await mending(folder, program).mend(error)
    assert program.runs == []
    error.__cause__ = EXPIRED
    assert await mending(folder, program).mend(error)


async def test_what_a_program_says_that_cannot_be_read_is_no_success(folder):
    for output in ("nonsense", RenewalFailed("no network")):
        with pytest.raises(RecoveryRefused, match="no new certificate yet") as failed:
            await mending(folder, Program(output)).mend(EXPIRED)

        assert failed.value.code == "recovery_failed"


async def test_a_lost_link_is_nothing_to_mend(folder):
    program = Program()

    assert not await mending(folder, program).mend(Unavailable("the link ended"))
    assert program.runs == []


async def test_a_copy_that_is_told_to_fork_joins_anew_and_drops_what_was_copied(folder):
    spool, program = Spool(), Program("fresh")
    mark_fork(folder, "another node")  # as the program does, before the identity changes
    order = ForkOrdered(Fork(token="token", text="a copy"))

    assert await mending(folder, program, spool).mend(order)
    ((module, _, body),) = program.runs
    assert module == FORK
    sent = msgspec.json.decode(body, type=Order)
    assert (sent.token, sent.facts) == ("token", FACTS)
    assert spool.rebased == 1
    assert not (folder / FORK_FILE).exists()


async def test_a_fork_that_did_not_come_through_keeps_the_spool(folder):
    mark_fork(folder, load_identity(folder).node.node)
    spool = Spool()

    assert not finish_fork(folder, spool)
    assert spool.rebased == 0
    assert (folder / FORK_FILE).exists()


async def test_a_revoked_node_notes_that_and_a_welcome_forgets_it(folder):
    mender = mending(folder, Program())
    for code in ("node_revoked", "node_unknown"):
        assert not await mender.mend(LinkEnded(Goodbye(code=code, text="sold")))
        assert read_revocation(folder).code == "node_revoked"
    mender.welcome()

    assert read_revocation(folder) is None


def test_the_end_of_a_certificate_is_seen_by_either_side():
    file = NodeFile(
        node="n", space="s", name="w", hub="h", agents="a:1", serial="1", sha256="",
        not_before_ns=0, not_after_ns=100,
    )  # fmt: skip

    assert ends_with_certificate(EXPIRED, file, 50)
    assert ends_with_certificate(ConnectFailed("away"), file, 100)
    assert not ends_with_certificate(ConnectFailed("away"), file, 99)
    assert code_of(EXPIRED) == "credential_expired"
