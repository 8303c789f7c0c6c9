import pytest

from muster.collectors.api import Sample
from muster.collectors.net import DEVICES, FLAGS, PROTOCOLS, SPEED, collect
from muster.errors import InputError

HEAD = "Inter-|   Receive  |  Transmit\n face |bytes |bytes\n"
ROW = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"


def points(rows, protocols=None, flags=None, speeds=None, head=HEAD):
    texts = {DEVICES: (head + rows).encode()}
    if protocols is not None:
        texts[PROTOCOLS] = protocols.encode()
    groups = {
        FLAGS: {FLAGS.replace("*", name): text for name, text in (flags or {}).items()},
        SPEED: {SPEED.replace("*", name): text for name, text in (speeds or {}).items()},
    }
    sample = Sample(time_ns=5, texts=texts, groups=groups)
    return {p.tags["interface"]: p.fields for p in collect(sample, None)}


def test_counters_of_an_interface_are_raw():
    assert points(f"  eth0: {ROW}\n")["eth0"] == {
        "bytes_recv": 1,
        "packets_recv": 2,
        "err_in": 3,
        "drop_in": 4,
        "bytes_sent": 9,
        "packets_sent": 10,
        "err_out": 11,
        "drop_out": 12,
        "speed": -1,
    }


def test_loopback_and_interfaces_that_are_down_are_left_out():
    rows = "".join(f"{name}: {ROW}\n" for name in ("lo", "eth0", "eth1", "dummy0"))
    flags = {"eth0": b"0x1003\n", "eth1": b"0x1002\n", "dummy0": b"0x9\n"}

    assert list(points(rows, flags=flags)) == ["eth0"]


def test_an_alias_and_a_row_without_blanks_are_read():
    assert list(points(f"eth0:1:{ROW}\n")) == ["eth0:1"]


@pytest.mark.parametrize(
    ("text", "speed"),
    [(b"1000\n", 1000), (b"-1\n", -1), (b"4294967295\n", -1), (b"", -1), (b"fast", -1)],
)
def test_a_speed_that_is_not_known_is_minus_one(text, speed):
    assert points(f"eth0: {ROW}\n", speeds={"eth0": text})["eth0"]["speed"] == speed


def test_protocols_are_one_point_of_all_interfaces():
    text = "Tcp: MaxConn InSegs\nTcp: -1 5\nIcmpMsg: InType3\nIcmpMsg: 7\n"

    assert points("", text)["all"] == {"tcp_maxconn": -1, "tcp_insegs": 5, "icmpmsg_intype3": 7}


@pytest.mark.parametrize(
    ("rows", "protocols"),
    [
        ("eth0: 1 2 3\n", None),
        (f"eth0: {ROW.replace('7', 'x')}\n", None),
        ("", "Tcp: A B\nTcp: 1\n"),
        ("", "Tcp: A\nUdp: 1\n"),
        ("", "Tcp: A\n"),
        ("", ""),
    ],
)
def test_another_shape_is_an_input_error(rows, protocols):
    with pytest.raises(InputError, match="/proc/net"):
        points(rows, protocols)


def test_a_table_without_its_header_is_an_input_error():
    with pytest.raises(InputError, match="/proc/net/dev"):
        points(f"eth0: {ROW}\n", head="")


def test_flags_that_are_no_number_are_an_input_error():
    with pytest.raises(InputError, match="eth0/flags"):
        points(f"eth0: {ROW}\n", flags={"eth0": b"up"})
