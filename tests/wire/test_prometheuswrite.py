import pytest

from muster.testing.remotewriting import part, series_v1
from muster.wire.influxwrite import WriteRefused
from muster.wire.prometheus import remote_parser
from muster.wire.prometheusnative import NativeHistograms
from muster.wire.prometheusparts import RemoteLimits, Version
from muster.wire.prometheuswrite import RemoteAnswer, answer_of_remote, version_of
from muster.wire.writesieve import Refusal

UP = {"__name__": "up"}


@pytest.mark.parametrize(
    ("media", "version"),
    [
        ("", Version.V1),
        ("application/x-protobuf", Version.V1),
        ("application/x-protobuf;proto=prometheus.WriteRequest", Version.V1),
        ('Application/X-Protobuf; charset=x; Proto="io.prometheus.write.v2.Request"', Version.V2),
    ],
)
def test_the_media_type_says_which_message_it_is(media, version):
    assert version_of({"content-type": media, "content-encoding": "snappy"}) is version


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "application/json"},
        {"content-type": "application/x-protobuf;proto=other"},
        {"content-encoding": "zstd"},
    ],
    ids=str,
)
def test_others_are_not_read(headers):
    with pytest.raises(WriteRefused) as caught:
        version_of(headers)
    assert caught.value.status == 415


def test_what_was_written_is_what_came_less_what_was_refused():
    received = remote_parser().parse(series_v1(UP, [(1.0, 7), (1.0, 8), (1.0, 9)]), 1)
    refusals = [Refusal("late", 1, None, 2), Refusal("early", 1, 0, 1), Refusal("late", 0, 1, 0)]
    answer = answer_of_remote(received, refusals)

    assert answer.samples == 1
    assert answer.text == "partial write: 1 samples written, 2 dropped: late\nearly"


def test_of_many_reasons_the_first_are_told():
    received = remote_parser().parse(series_v1(UP, [(1.0, 7)] * 9), 1)
    answer = answer_of_remote(received, [Refusal(f"r{n}", 1, None, n) for n in range(9)])

    assert answer.text.endswith("r4\nand 4 more reasons")


def test_exemplars_are_no_fault_and_histograms_are_counted_apart():
    body = series_v1(UP, [(1.0, 7)], part(3, b"") + part(4, b""))
    received = NativeHistograms(RemoteLimits()).added(remote_parser().parse(body, 1), body)

    assert answer_of_remote(received) == RemoteAnswer(samples=1, histograms=1)


def test_a_histogram_that_cannot_be_read_is_told():
    body = series_v1(UP, [(1.0, 7)], part(4, b"\x0b") + part(4, b""))
    received = NativeHistograms(RemoteLimits()).added(remote_parser().parse(body, 1), body)
    answer = answer_of_remote(received)

    assert (answer.samples, answer.histograms) == (1, 1)
    assert answer.text.endswith('1 dropped: native histogram of "up": malformed')


def test_only_2_0_has_counts():
    assert RemoteAnswer(samples=3).headers(Version.V1) == {}
    assert RemoteAnswer(samples=3, histograms=2).headers(Version.V2) == {
        "X-Prometheus-Remote-Write-Samples-Written": "3",
        "X-Prometheus-Remote-Write-Histograms-Written": "2",
        "X-Prometheus-Remote-Write-Exemplars-Written": "0",
    }
