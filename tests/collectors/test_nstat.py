import pytest

from muster.collectors.api import Sample
from muster.collectors.nstat import LISTED, PAIRED, collect
from muster.errors import InputError


def points(**texts):
    paths = {**PAIRED, "snmp6": LISTED}
    sample = Sample(time_ns=5, texts={paths[name]: text for name, text in texts.items()})
    return {p.tags["name"]: p.fields for p in collect(sample, None)}


def test_names_are_prefix_and_column_and_zeros_are_kept():
    found = points(netstat=b"TcpExt: A B\nTcpExt: 1 0\nIpExt: A\nIpExt: 7\n")

    assert found == {"netstat": {"TcpExtA": 1, "TcpExtB": 0, "IpExtA": 7}}


def test_each_table_that_is_there_is_one_point():
    found = points(snmp=b"Tcp: MaxConn\nTcp: -1\n", snmp6=b"Ip6InReceives   \t5\nIp6X 0\n")

    assert found == {"snmp": {"TcpMaxConn": -1}, "snmp6": {"Ip6InReceives": 5, "Ip6X": 0}}


@pytest.mark.parametrize(
    "text",
    [
        b"TcpExt: A B\nTcpExt: 1\n",
        b"TcpExt: A\nIpExt: 1\n",
        b"TcpExt: A\n",
        b"T: A\nT: x\n",
        b"\n\n",
    ],
)
def test_another_shape_is_an_input_error(text):
    with pytest.raises(InputError, match="/proc/net/netstat"):
        points(netstat=text)


def test_a_list_of_another_shape_is_an_input_error():
    with pytest.raises(InputError, match="/proc/net/snmp6"):
        points(snmp6=b"Ip6InReceives 1 2\n")
