from linkdesk import CHILD, NODE, LinkDesk

from muster.faces.netdata.streams import AGAIN_S, BELIEVED_S, NOTHING_KNOWN, Streams
from muster.wire.netdata.messages import (
    AlarmLogEntry,
    ContextsCheckpoint,
    SendAlarmCheckpoint,
    SendAlarmConfiguration,
    StartAlarmStreaming,
    version_hash,
)


class Ear:
    """A link that notes what it is told."""

    def __init__(self, desk):
        self.claim = next(iter(desk.core.claims.values()))
        self.told = []

    def say(self, message):
        self.told.append(message)


def begun():
    desk = LinkDesk()
    return desk.around, Ear(desk), Streams(), desk


def test_streams_are_begun_once_and_again_after_a_stop():
    around, ear, streams, _ = begun()
    streams.start(around, ear, NODE)
    streams.start(around, ear, NODE)
    once = len(ear.told)
    streams.stop(NODE)
    streams.start(around, ear, NODE)

    assert [type(each) for each in ear.told] == [ContextsCheckpoint, StartAlarmStreaming] * 2
    assert once == 2


def test_where_nothing_is_known_the_hash_is_none_that_an_agent_may_have():
    around, ear, streams, _ = begun()
    streams.start(around, ear, NODE)

    assert ear.told[0].version_hash == NOTHING_KNOWN != version_hash(())


def test_what_is_known_of_a_node_that_was_away_for_long_is_not_believed():
    around, ear, streams, _ = begun()
    around.contexts.version = lambda node: 77
    for away_s in (BELIEVED_S - 1, BELIEVED_S):
        streams.doubt(NODE, away_s)
        streams.start(around, ear, NODE)
        streams.stop(NODE)
    streams.start(around, ear, NODE)

    asked = [each.version_hash for each in ear.told if isinstance(each, ContextsCheckpoint)]
    assert asked == [77, NOTHING_KNOWN, 77]


def test_contexts_are_asked_for_again_once_a_minute_for_each_node():
    around, ear, streams, desk = begun()
    for node in (NODE, NODE, CHILD):
        streams.ask_contexts_again(around, ear, node)
    desk.clock.advance(AGAIN_S)
    streams.ask_contexts_again(around, ear, NODE)

    assert [each.node_id for each in ear.told] == [NODE, CHILD, NODE]


def test_alerts_are_compared_for_each_node():
    around, ear, streams, _ = begun()
    streams.start(around, ear, NODE)
    streams.start(around, ear, CHILD)
    ear.told.clear()
    streams.compare_alerts(around, ear)

    assert {each.node_id for each in ear.told} == {NODE, CHILD}
    assert all(isinstance(each, SendAlarmCheckpoint) for each in ear.told)


def test_each_configuration_is_asked_for_once_and_so_many_at_a_time():
    around, ear, streams, _ = begun()
    entries = [AlarmLogEntry(name="a", config_hash=f"h{at}") for at in range(500)]
    streams.ask_configurations(around, ear, [*entries, *entries, AlarmLogEntry(name="a")])

    assert len(ear.told) == 200
    assert ear.told[0] == SendAlarmConfiguration(config_hash="h0")


def test_a_configuration_pays_for_one_question():
    around, ear, streams, _ = begun()
    streams.ask_configurations(around, ear, [AlarmLogEntry(name="a", config_hash="h")])

    assert [streams.was_asked(hash) for hash in ("h", "h", "other")] == [True, False, False]
