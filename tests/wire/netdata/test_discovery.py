import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.log import Secret
from muster.testing.codec_rules import check_any_bytes
from muster.testing.netdata_seeds import CLAIM_ID
from muster.wire.netdata.discovery import (
    Backoff,
    Credentials,
    DiscoveryError,
    Env,
    EnvQuery,
    Failure,
    PasswordRequest,
    Transport,
    format_challenge,
    format_credentials,
    format_env,
    format_env_query,
    format_failure,
    format_password_request,
    parse_challenge,
    parse_credentials,
    parse_env,
    parse_env_query,
    parse_failure,
    parse_password_request,
)
from muster.wire.netdata.topics import NAMES, offered_topics

ENV = Env(
    auth_endpoint="https://hub.example:8443/api/v1/auth",
    transports=(Transport("MQTTv5", "wss://hub.example:8443/mqtt"),),
)
CREDENTIALS = Credentials(
    client_id=CLAIM_ID, username="u", password=Secret("p"), topics=offered_topics()
)


def env(**changes):
    return json.dumps({**json.loads(format_env(ENV)), **changes}).encode()


def test_env_is_that_of_the_format_page():
    assert format_env(ENV) == (
        b'{"authEndpoint":"https://hub.example:8443/api/v1/auth",'
        b'"transports":[{"type":"MQTTv5","endpoint":"wss://hub.example:8443/mqtt"}],'
        b'"encoding":"proto","backoff":{"base":2,"maxSeconds":3600,"minSeconds":0},'
        b'"capabilities":["proto","ctx"]}'
    )
    assert parse_env(format_env(ENV)) == ENV


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"authEndpoint": ""}, "authEndpoint"),
        ({"authEndpoint": "https://a/b/"}, "authEndpoint"),
        ({"encoding": "json"}, "encoding"),
        ({"transports": []}, "no transport"),
        ({"transports": [{"type": "MQTTv3", "endpoint": ""}]}, "no transport"),
        ({"transports": [{"type": "x", "endpoint": ""}]}, "unknown type"),
        ({"capabilities": ["ctx"]}, "capabilities"),
        ({"backoff": {"base": 0, "maxSeconds": 500, "minSeconds": 0}}, "base"),
        ({"backoff": {"base": 11, "maxSeconds": 500, "minSeconds": 0}}, "base"),
        ({"backoff": {"base": 1, "maxSeconds": 499, "minSeconds": 0}}, "maxSeconds"),
        ({"backoff": {"base": 1, "maxSeconds": 500, "minSeconds": -1}}, "minSeconds"),
        ({"backoff": {"base": 1, "maxSeconds": 500}}, "no minSeconds"),
        ({"backoff": {}}, "no base, maxSeconds, minSeconds"),
        ({"backoff": None}, "document"),
    ],
)
def test_env_that_an_agent_could_not_use_is_refused(changes, why):
    with pytest.raises(DiscoveryError, match=why):
        parse_env(env(**changes))


def test_an_agent_knows_no_defaults():
    for key in ("authEndpoint", "encoding", "transports", "backoff", "capabilities"):
        document = json.loads(format_env(ENV))
        del document[key]
        with pytest.raises(DiscoveryError, match=key):
            parse_env(json.dumps(document).encode())


def test_proto_may_be_written_large_and_other_keys_are_passed_over():
    assert parse_env(env(capabilities=["PROTO"], more=1)).capabilities == ("PROTO",)


def test_a_hub_writes_no_env_that_no_agent_could_use():
    with pytest.raises(DiscoveryError):
        format_env(Env(auth_endpoint="", transports=ENV.transports))
    with pytest.raises(DiscoveryError):
        format_env(
            Env(auth_endpoint="x", transports=ENV.transports, backoff=Backoff(max_seconds=60))
        )


def test_the_request_for_env_comes_back():
    query = EnvQuery("2.10.4-12-gabc", ("proto", "ctx"), CLAIM_ID)

    assert format_env_query(query) == (
        f"/api/v1/env?v=2.10.4-12-gabc&cap=proto,ctx&claim_id={CLAIM_ID}"
    )
    parts = {"v": "2.10.4-12-gabc", "cap": "proto,ctx", "claim_id": CLAIM_ID}
    assert parse_env_query(parts) == query
    assert parse_env_query({}) == EnvQuery()


@pytest.mark.parametrize("key", ["v", "claim_id", "cap"])
def test_a_long_request_for_env_is_refused(key):
    with pytest.raises(DiscoveryError, match="too long"):
        parse_env_query({key: "x" * 600})


def test_a_challenge_is_344_characters_of_256_bytes():
    data = format_challenge(bytes(range(256)))

    assert len(json.loads(data)["challenge"]) == 344
    assert parse_challenge(data) == bytes(range(256))


def test_a_challenge_of_another_size_is_none():
    short = json.dumps({"challenge": base64.b64encode(bytes(255)).decode()}).encode()

    with pytest.raises(DiscoveryError, match="256"):
        format_challenge(bytes(255))
    with pytest.raises(DiscoveryError, match="256"):
        parse_challenge(short)
    with pytest.raises(DiscoveryError, match="not base64"):
        parse_challenge(b'{"challenge":"!"}')


@pytest.mark.parametrize(
    ("request_", "data"),
    [
        (PasswordRequest(b"abc", "v2.10.4"), b'{"agent_version":"v2.10.4","response":"YWJj"}'),
        (PasswordRequest(b"abc"), b'{"response":"YWJj"}'),
    ],
)
def test_both_versions_responses_are_read(request_, data):
    assert format_password_request(request_) == data
    assert parse_password_request(data) == request_


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"{}", "response"),
        (b'{"response":""}', "1 to 214"),
        (b'{"response":"YWJj\\n"}', "not base64"),
        (b'{"response":"\xc3\xa4"}', "not base64"),
        (json.dumps({"response": base64.b64encode(bytes(215)).decode()}).encode(), "1 to 214"),
        (bytes(4_097), "more than 4096"),
        (b'{"response":"' + b"[" * 3_000, "document"),
    ],
)
def test_a_response_that_can_be_none_is_refused(data, why):
    with pytest.raises(DiscoveryError, match=why):
        parse_password_request(data)


def test_credentials_come_back_with_every_topic():
    data = format_credentials(CREDENTIALS)
    read = parse_credentials(data)

    assert (read.client_id, read.username, read.password.reveal()) == (CLAIM_ID, "u", "p")
    assert read.topics == offered_topics()
    assert [each["name"] for each in json.loads(data)["topics"]] == list(NAMES)
    assert len(data) < 4_096


def test_a_topic_without_the_placeholder_counts_as_missing():
    for text in ("/agent/x", "/#{claim_id}/#{claim_id}"):
        topics = (*offered_topics()[1:], ("inbox-cmd", text))
        with pytest.raises(DiscoveryError, match=r"none for inbox-cmd$"):
            format_credentials(
                Credentials(client_id="c", username="u", password=Secret("p"), topics=topics)
            )


def test_topics_that_are_not_known_do_no_harm():
    document = json.loads(format_credentials(CREDENTIALS))
    document["topics"].append({"name": "new", "topic": "x"})

    assert parse_credentials(json.dumps(document).encode()).topics[-1] == ("new", "x")


def test_an_error_object_comes_back():
    failure = Failure(
        error_code="A17",
        error_msg_key="ErrAgentBlocked",
        error_message="text",
        error_non_retryable=True,
        error_retry_delay_seconds=30,
    )
    data = format_failure(failure)

    assert data == (
        b'{"errorCode":"A17","errorMsgKey":"ErrAgentBlocked","errorMessage":"text",'
        b'"errorNonRetryable":true,"errorRetryDelaySeconds":30}'
    )
    assert parse_failure(data) == failure


@pytest.mark.parametrize("key", ["errorCode", "errorMsgKey", "errorMessage"])
def test_an_error_object_without_one_of_its_texts_is_none(key):
    document = {"errorCode": "a", "errorMsgKey": "b", "errorMessage": "c"}
    del document[key]

    assert parse_failure(json.dumps(document).encode()) is None
    assert parse_failure(b"<html>") is None


def test_a_document_fits_the_agents_buffer():
    with pytest.raises(DiscoveryError, match="an agent takes"):
        format_failure(Failure(error_code="", error_msg_key="", error_message="x" * 16_000))
    with pytest.raises(DiscoveryError, match="more than"):
        parse_env(b" " * 16_001)
    with pytest.raises(DiscoveryError, match="no text"):
        format_failure(Failure(error_code="", error_msg_key="", error_message="\ud800"))


@given(st.binary(max_size=100))
def test_any_bytes_are_a_document_or_an_error(data):
    for parse in (parse_env, parse_challenge, parse_password_request, parse_credentials):
        check_any_bytes(parse, data)
    assert parse_failure(data) is None
