import msgspec
import pytest

from muster.collectors.dockersaid import Container, Info, Inspected, Stats, nanoseconds


@pytest.mark.parametrize("kind", [Info, Stats, Inspected])
def test_everything_may_be_left_out_and_more_is_passed_over(kind):
    assert msgspec.json.decode(b"{}", type=kind) == kind()
    assert msgspec.json.decode(b'{"More": [1]}', type=kind) == kind()


def test_a_container_has_an_id():
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b"{}", type=Container)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("0001-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:01Z", 1_000_000_000),
        ("1970-01-01T00:00:01.000000002Z", 1_000_000_002),
        ("1970-01-01T01:00:01.5+01:00", 1_500_000_000),
    ],
)
def test_a_time_is_exact_to_the_nanosecond(text, expected):
    assert nanoseconds(text) == expected


@pytest.mark.parametrize("text", ["now", "2026-01-01", "2026-99-01T00:00:00Z"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match=r"time|month"):
        nanoseconds(text)
