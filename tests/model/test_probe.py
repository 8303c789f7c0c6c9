import msgspec
import pytest

from muster.errors import InputError
from muster.model.probe import DnsProbe, HttpProbe, PingProbe, Probe, check


@pytest.mark.parametrize(
    "probe",
    [
        PingProbe(url="8.8.8.8"),
        PingProbe(url="2001:db8::1", count=5, gap_s=0.5),
        DnsProbe(server="9.9.9.9", domain="example.org", record_type="AAAA"),
        HttpProbe(url="https://example.org/a?b=c", match="(?i)welcome"),
    ],
)
def test_a_probe_that_makes_sense_is_taken_and_survives_json(probe):
    assert check(probe) is probe
    assert msgspec.json.decode(msgspec.json.encode(probe), type=Probe) == probe


@pytest.mark.parametrize(
    "probe",
    [
        PingProbe(url="-rf"),
        PingProbe(url="a b"),
        PingProbe(url="host/path"),
        PingProbe(url="fe80::1%eth0"),
        DnsProbe(server="a#b"),
        HttpProbe(url="ftp://example.org/"),
        HttpProbe(url="https://exa mple.org/"),
        HttpProbe(url="https://user:word@example.org/"),
        HttpProbe(url="https://example.org/", match="("),
        PingProbe(url="x", interval_s=5, count=20),
        HttpProbe(url="https://example.org/", interval_s=5, timeout_s=5.0),
    ],
)
def test_what_makes_no_sense_is_refused(probe):
    with pytest.raises(InputError):
        check(probe)


@pytest.mark.parametrize(
    "text",
    [
        b'{"kind": "ping", "url": ""}',
        b'{"kind": "ping", "url": "x", "interval_s": 1}',
        b'{"kind": "ping", "url": "x", "count": 1000}',
        b'{"kind": "ping", "url": "x", "more": 1}',
        b'{"kind": "http_response", "url": "http://x/", "method": "DELETE"}',
        b'{"kind": "shell", "url": "x"}',
    ],
)
def test_numbers_beyond_their_bounds_and_unknown_words_are_refused(text):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=Probe)


@pytest.mark.parametrize(
    ("probe", "timeout_s"),
    [
        (HttpProbe(url="https://a.example"), 5.0),
        (HttpProbe(url="https://a.example", interval_s=5), 4.0),
        (HttpProbe(url="https://a.example", interval_s=5, timeout_s=3.0), 3.0),
        (DnsProbe(server="a.example"), 2.0),
        (DnsProbe(server="a.example", interval_s=5), 2.0),
        (PingProbe(url="a.example"), 1.0),
        (PingProbe(url="a.example", interval_s=5, count=5), 0.8),
    ],
)
def test_a_timeout_that_nobody_gave_follows_the_interval(probe, timeout_s):
    assert check(probe).timeout_s == timeout_s
    assert msgspec.json.decode(msgspec.json.encode(probe), type=Probe) == probe
    again = msgspec.structs.replace(probe, timeout_s=30.0, interval_s=60)
    assert again.timeout_s == 30.0


def test_an_interval_that_leaves_no_time_is_refused():
    with pytest.raises(InputError, match="not less than its interval"):
        check(PingProbe(url="a.example", interval_s=5, count=6))
