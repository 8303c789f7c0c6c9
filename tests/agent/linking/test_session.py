"""One link's conversation as a transcript: what the hub says, what the agent answers."""

from array import array
from pathlib import Path

import pytest

from muster.agent.linking.session import (
    MAX_ASKS,
    EpochChanged,
    ForkOrdered,
    LinkEnded,
    Phase,
    Session,
    WindowSettings,
)
from muster.agent.spool.buffer import SEGMENT_BATCHES, Spool
from muster.clock import SECOND_NS, ManualClock
from muster.errors import ProtocolError, Unavailable
from muster.model.clone import Holder
from muster.model.inventory import Facts
from muster.model.metric import Block, Kind, Layout, Series
from muster.wire.columns import ColumnEncoder
from muster.wire.messages import (
    Ack,
    Anchors,
    AnchorsKept,
    Answer,
    Ask,
    Beat,
    Fork,
    Goodbye,
    Later,
    Message,
    Push,
    Renew,
    Renewed,
    Welcome,
)

LAYOUT = Layout((Series("load", (), "load1", Kind.FLOAT),))


class Talk:
    """A session, its spool and a clock that stands still."""

    def __init__(self, folder: Path, **window: int) -> None:
        self.late = []  # what takes the answers that come later
        self.clock = ManualClock()
        self.spool = Spool(folder=folder, encoder=ColumnEncoder())
        self.spool.open()
        self.window = WindowSettings(**window)
        self.woken = 0
        self.start()

    def start(self) -> None:
        """Begin a link."""
        self.session = Session(
            spool=self.spool,
            clock=self.clock,
            facts=Facts(),
            anchors="digest",
            answer=self.answer,
            holder=Holder(instance="run", counter=3),
            window=self.window,
            wake=self._wake,
        )

    def answer(self, ask):
        """At once, or when the test says so."""
        if ask.method == "slow":
            return self.late.append
        return Answer(id=ask.id, result=ask.method)

    def _wake(self) -> None:
        self.woken += 1

    def tick(self, count: int = 1) -> None:
        for _ in range(count):
            time_ns = self.spool.last + 1
            self.spool.append([Block(LAYOUT, array("q", [time_ns]), array("q", [1]))])

    def welcome(self, acked: int = 0, skew_s: float = 0.0, **fields: object) -> None:
        self.session.hello()
        time_ns = self.clock.now_ns() + round(skew_s * SECOND_NS)
        self.session.receive(
            Welcome(version=1, node="n", name="web-1", acked=acked, time_ns=time_ns, **fields)
        )

    def taken(self) -> list[Message]:
        found = []
        while (message := self.session.take()) is not None:
            found.append(message)
        return found

    def pushed(self) -> list[int]:
        return [message.sequence for message in self.taken() if isinstance(message, Push)]


@pytest.fixture
def talk(tmp_path):
    talk = Talk(tmp_path)
    yield talk
    talk.session.close()


def test_hello_says_what_the_spool_holds(talk):
    talk.tick(3)

    hello = talk.session.hello()

    assert (hello.epoch, hello.first, hello.last) == (talk.spool.epoch, 1, 3)
    assert hello.time_ns == talk.clock.now_ns()


def test_nothing_is_sent_before_the_welcome(talk):
    talk.tick(3)
    talk.session.hello()

    assert talk.taken() == []


def test_batches_follow_the_welcome_in_order(talk):
    talk.tick(3)
    talk.welcome()

    pushes = talk.taken()

    assert [push.sequence for push in pushes] == [1, 2, 3]
    assert [push.key for push in pushes] == [True, False, False]
    assert [push.unsent for push in pushes] == [2, 1, 0]


def test_a_link_goes_on_from_the_key_frame_before_what_is_missing(talk):
    talk.tick(SEGMENT_BATCHES + 10)
    talk.spool.note_sent(SEGMENT_BATCHES + 5)
    talk.welcome(acked=SEGMENT_BATCHES + 5)

    assert talk.pushed() == list(range(SEGMENT_BATCHES + 1, SEGMENT_BATCHES + 11))
    assert talk.session.under_way == 5


def test_a_link_with_nothing_to_repeat_begins_with_a_key_frame(talk):
    talk.tick(3)
    talk.spool.note_sent(3)
    talk.welcome(acked=3)
    assert talk.pushed() == []

    talk.tick()
    push = talk.taken()[0]

    assert (push.sequence, push.key) == (4, True)


def test_the_window_bounds_what_is_under_way(tmp_path):
    talk = Talk(tmp_path, batches=4)
    talk.tick(10)
    talk.welcome()

    assert talk.pushed() == [1, 2, 3, 4]
    talk.session.receive(Ack(sequence=3))
    assert talk.pushed() == [5, 6, 7]
    talk.session.close()


def test_the_window_bounds_bytes_too(tmp_path):
    talk = Talk(tmp_path, bytes=1)
    talk.tick(3)
    talk.welcome()

    assert talk.pushed() == [1]
    talk.session.close()


def test_an_acknowledgement_says_how_long_the_disk_took(talk):
    talk.tick()
    talk.welcome()
    talk.taken()
    talk.clock.advance(0.25)

    talk.session.receive(Ack(sequence=1))

    assert talk.session.ack_ms == 250
    assert talk.spool.acked == 1


def test_later_stops_the_batches_until_its_time_is_over(talk):
    talk.tick(5)
    talk.welcome()
    talk.taken()
    talk.session.receive(Later(acked=2, retry_after_s=5, reason="disk full"))
    talk.tick()

    assert talk.session.phase is Phase.PAUSED
    assert talk.pushed() == []
    assert talk.session.wait_s() == 5
    talk.clock.advance(5)
    assert talk.pushed() == [1, 2, 3, 4, 5, 6]
    assert talk.session.pause_reason == ""


def test_a_beat_is_answered_at_once_also_while_paused(talk):
    talk.welcome()
    talk.session.receive(Later(acked=0, retry_after_s=5, reason="disk full"))
    talk.session.receive(Beat(time_ns=77))

    assert talk.taken() == [Beat(time_ns=talk.clock.now_ns(), echo_ns=77)]


def test_a_quiet_link_beats_by_itself(talk):
    talk.welcome(heartbeat_s=4.0)
    assert talk.taken() == []
    assert talk.session.wait_s() == 4

    talk.clock.advance(4)

    assert isinstance(talk.taken()[0], Beat)


def test_a_link_that_says_something_needs_no_beat(talk):
    talk.welcome(heartbeat_s=4.0)
    for _ in range(3):
        talk.clock.advance(3)
        talk.tick()
        assert [type(each) for each in talk.taken()] == [Push]


def test_a_hub_that_falls_silent_is_given_up(talk):
    talk.welcome(heartbeat_s=4.0)
    talk.clock.advance(11.9)
    talk.session.wait_s()
    talk.clock.advance(0.1)

    with pytest.raises(Unavailable, match="said nothing for 12 s"):
        talk.session.wait_s()


def test_a_hub_that_never_welcomes_is_given_up(talk):
    talk.session.hello()
    talk.clock.advance(15)

    with pytest.raises(Unavailable, match="said nothing"):
        talk.session.wait_s()


def test_skew_is_measured_with_half_the_way_taken_off(talk):
    talk.session.hello()
    sent_ns = talk.clock.now_ns()
    talk.clock.advance(2)
    time_ns = sent_ns + 61 * SECOND_NS

    talk.session.receive(Welcome(version=1, node="n", name="n", acked=0, time_ns=time_ns))

    assert talk.session.clock_skew_s == 60


def test_a_hub_that_knows_what_was_never_sent_means_a_new_epoch(talk):
    talk.tick(5)
    old = talk.spool.epoch

    with pytest.raises(EpochChanged):
        talk.welcome(acked=3)

    assert talk.spool.epoch != old
    talk.start()
    talk.welcome()
    assert talk.pushed() == [1, 2, 3, 4, 5]


def test_an_acknowledgement_of_what_was_never_sent_is_refused(talk):
    talk.tick()
    talk.welcome()

    with pytest.raises(ProtocolError, match="acknowledges 1, sent is 0"):
        talk.session.receive(Ack(sequence=1))


def test_questions_are_answered_before_batches(talk):
    talk.tick()
    talk.welcome()
    talk.session.receive(Ask(id=7, method="ping"))

    assert talk.taken()[0] == Answer(id=7, result="ping")


def test_an_answer_may_come_later_and_others_before_it(talk):
    talk.welcome()
    talk.session.receive(Ask(id=7, method="slow"))
    talk.session.receive(Ask(id=8, method="ping"))
    assert talk.taken() == [Answer(id=8, result="ping")]
    woken = talk.woken
    (say,) = talk.late
    say(Answer(id=7, result="at last"))

    assert talk.woken == woken + 1
    assert talk.taken() == [Answer(id=7, result="at last")]


def test_too_many_questions_at_once_are_refused(talk):
    talk.welcome()

    with pytest.raises(ProtocolError, match="answers at once"):
        for number in range(1000):
            talk.session.receive(Ask(id=number, method="ping"))


def test_a_renewal_goes_out_and_its_answer_is_kept(talk):
    talk.welcome()
    talk.session.renew("REQUEST")
    answer = Renewed(chain="chain", anchors="anchors")

    assert (talk.woken, talk.taken()) == (1, [Renew(request="REQUEST")])
    talk.session.receive(answer)
    assert talk.session.renewed == answer


def test_a_goodbye_ends_the_link_with_its_reason(talk):
    talk.welcome()

    with pytest.raises(LinkEnded, match="revoked by ada") as caught:
        talk.session.receive(Goodbye(code="node_revoked", text="revoked by ada", retry_after_s=9))

    assert (caught.value.cause, caught.value.retry_after_s) == ("node_revoked", 9)


def test_a_frame_no_hub_would_take_is_given_up_with_its_chain(tmp_path):
    talk = Talk(tmp_path)
    talk.tick(SEGMENT_BATCHES + 1)
    talk.welcome(max_frame_bytes=1)

    assert talk.pushed() == []
    assert talk.spool.status().lost_batches == SEGMENT_BATCHES + 1
    talk.session.close()


def test_a_hub_that_asks_without_end_gets_refusals(talk):
    talk.welcome()
    for number in range(MAX_ASKS + 5):
        talk.session.receive(Ask(id=number, method="status"))
    answers = [talk.session.take() for _ in range(MAX_ASKS + 5)]
    talk.clock.advance(1)
    talk.session.receive(Ask(id=99, method="status"))

    assert [answer.error for answer in answers[:MAX_ASKS]] == [""] * MAX_ASKS
    assert {answer.error for answer in answers[MAX_ASKS:]} == {
        f"more than {MAX_ASKS} questions in a second"
    }
    assert talk.session.take() == Answer(id=99, result="status")


def test_what_the_hub_can_never_keep_is_counted_logged_once_and_not_sent_again(tmp_path, caplog):
    talk = Talk(tmp_path)
    talk.welcome()
    talk.tick(3)
    talk.taken()
    talk.session.receive(Ack(sequence=1, refused=2, reason="too many series"))
    talk.session.receive(Ack(sequence=2, refused=3, reason="still too many"))
    talk.session.receive(Ack(sequence=3))
    status = talk.spool.status()

    assert (status.refused_values, status.refusal) == (5, "still too many")
    assert (status.acked, status.values) == (3, 0)
    assert talk.session.phase is Phase.OPEN
    assert [(one.message, one.cause) for one in caplog.records] == [
        ("the hub keeps only part of the values", "too many series")
    ]


def test_it_says_which_anchors_it_has_and_takes_those_that_are_pushed(tmp_path):
    talk = Talk(tmp_path)
    hello = talk.session.hello()
    talk.welcome()
    pushed = Anchors(anchors="PEM", renew_within_s=5.0)
    talk.session.receive(pushed)
    talk.session.say(AnchorsKept(sha256="new"))

    assert (hello.anchors, "anchors" in hello.capabilities) == ("digest", True)
    assert talk.session.anchors == pushed
    assert talk.session.take() == AnchorsKept(sha256="new")
    assert talk.woken


def test_the_first_message_says_which_run_of_an_agent_speaks(talk):
    hello = talk.session.hello()

    assert hello.holder == Holder(instance="run", counter=3)
    assert "fork" in hello.capabilities


@pytest.mark.parametrize("is_open", [True, False])
def test_an_order_to_fork_ends_the_conversation_and_hides_its_token(talk, is_open):
    if is_open:
        talk.welcome()
    with pytest.raises(ForkOrdered, match="a copy") as ordered:
        talk.session.receive(Fork(token="secret-token", text="a copy"))

    assert ordered.value.token.reveal() == "secret-token"
    assert "secret-token" not in repr(ordered.value)
