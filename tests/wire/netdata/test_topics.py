import pytest

from muster.errors import InputError
from muster.testing.netdata_seeds import CLAIM_ID
from muster.wire.netdata.topics import (
    COMMAND,
    COMMAND_V1,
    HTTP,
    NAMES,
    PLACEHOLDER,
    Topics,
    callback_topic,
    offered_topics,
)

TOPICS = Topics(CLAIM_ID)
ALL_VERSIONS = """
inbox-cmd inbox-cmd-v1 agent-connection create-node-instance node-instance-connection
node-instance-info node-instance-collectors contexts-snapshot contexts-updated alarm-config
alarm-log-v2 alarm-snapshot-v2 alarm-checkpoint alarm-log alarm-snapshot alarm-health chart alarms
meta chart-and-dims-updated chart-configs-updated reset-charts chart-retention-updated
"""


def test_every_name_that_some_version_demands_is_offered_once():
    assert sorted(name for name, _ in offered_topics()) == sorted(ALL_VERSIONS.split())


def test_each_text_has_the_placeholder_once():
    assert all(text.count(PLACEHOLDER) == 1 for _, text in offered_topics())


def test_the_placeholder_becomes_the_claim_id():
    for name, text in offered_topics():
        assert TOPICS.text_of(name) == text.replace(PLACEHOLDER, CLAIM_ID)


def test_queries_and_commands_are_told_by_the_last_level():
    assert TOPICS.text_of(COMMAND) == f"/agent/{CLAIM_ID}/inbox/cmd"
    assert TOPICS.text_of(COMMAND_V1) == f"/agent/{CLAIM_ID}/inbox/v1/+"
    assert TOPICS.command("DisconnectReq") == f"/agent/{CLAIM_ID}/inbox/v1/DisconnectReq"


def test_a_callback_topic_begins_with_a_slash():
    text = callback_topic(CLAIM_ID, "9d1c")

    assert text == f"/agent/{CLAIM_ID}/outbox/http/9d1c"
    assert TOPICS.name_of(text) == HTTP


def test_names_come_back_from_the_texts_of_the_outbox():
    for name in NAMES:
        if not name.startswith("inbox-"):
            assert TOPICS.name_of(TOPICS.text_of(name)) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/agent",
        TOPICS.text_of(COMMAND),
        TOPICS.text_of(COMMAND_V1),
        TOPICS.command("DisconnectReq"),
        Topics("another").text_of("agent-connection"),
        f"/agent/{CLAIM_ID}/outbox/v1/",
        f"/agent/{CLAIM_ID}/outbox/v1/unknown",
        f"/agent/{CLAIM_ID}/outbox/v1/inbox-cmd",
        f"/agent/{CLAIM_ID}/outbox/http/",
        f"/agent/{CLAIM_ID}/outbox/http/a/b",
        f"/agent/{CLAIM_ID}/outbox/http/+",
        f"/agent/{CLAIM_ID}/../outbox/v1/agent-connection",
    ],
)
def test_any_other_topic_is_refused(text):
    with pytest.raises(InputError, match="may publish"):
        TOPICS.name_of(text)


@pytest.mark.parametrize("claim_id", ["", "a/b", "+", "#", "a b", "x" * 65, "a\n"])
def test_a_claim_id_that_is_no_level_has_no_topics(claim_id):
    with pytest.raises(InputError, match="claim id"):
        Topics(claim_id)


def test_unknown_names_and_levels_are_refused():
    for call in (TOPICS.text_of, TOPICS.command, TOPICS.callback):
        with pytest.raises(InputError):
            call("a/b")
