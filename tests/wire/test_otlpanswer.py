import json

import pytest

from muster.wire.otlpanswer import Encoding, NotRead, OtlpAnswer, encoding_of, status_body


def test_media_types_are_told_apart():
    assert encoding_of("application/x-protobuf") is Encoding.PROTOBUF
    assert encoding_of("Application/JSON; charset=utf-8") is Encoding.JSON


@pytest.mark.parametrize("media", ["", "text/plain", "application/grpc"])
def test_others_are_not_read(media):
    with pytest.raises(NotRead) as caught:
        encoding_of(media)
    assert caught.value.status == 415


def test_success_has_nothing_to_tell():
    assert OtlpAnswer().body(Encoding.PROTOBUF) == b""
    assert OtlpAnswer().body(Encoding.JSON) == b"{}"


def test_what_was_rejected_is_told_as_the_library_tells_it():
    answer = OtlpAnswer(rejected=3, message="why")

    assert answer.body(Encoding.PROTOBUF) == b"\x0a\x07\x08\x03\x12\x03why"
    assert json.loads(answer.body(Encoding.JSON)) == {
        "partialSuccess": {"rejectedDataPoints": "3", "errorMessage": "why"}
    }


def test_a_refusal_is_a_status():
    assert status_body(400, "why", Encoding.PROTOBUF) == b"\x08\x03\x12\x03why"
    assert json.loads(status_body(503, "why", Encoding.JSON)) == {"code": 14, "message": "why"}


def test_long_messages_are_cut():
    assert len(OtlpAnswer(message="é" * 9_000).body(Encoding.PROTOBUF)) < 8_300
