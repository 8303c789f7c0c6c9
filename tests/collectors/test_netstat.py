import pytest

from muster.collectors.api import Sample
from muster.collectors.netstat import TABLES, collect, digest
from muster.errors import InputError

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
ROW = "{}: 0100007F:01BB 0100007F:0101 {} 00000000:00000000 00:00000000 00000000 10 0 20 1 ffff\n"


def table(*states):
    return (HEAD + "".join(ROW.format(n, state) for n, state in enumerate(states))).encode()


def fields(**texts):
    raw = {f"/proc/net/{name}": text for name, text in texts.items()}
    read = {path: digest(text) if path in TABLES else text for path, text in raw.items()}
    points = list(collect(Sample(time_ns=5, texts=read), None))
    return points[0].fields if points else None


def test_sockets_of_both_tables_are_counted_by_state():
    found = fields(tcp=table("0A", "01", "01", "06"), tcp6=table("0A"))

    assert found["tcp_listen"] == 2
    assert found["tcp_established"] == 2
    assert found["tcp_time_wait"] == 1
    assert found["tcp_none"] == 0


def test_a_request_not_yet_accepted_is_a_syn_received():
    assert fields(tcp=table("03", "0C"))["tcp_syn_recv"] == 2


def test_a_state_of_a_later_kernel_is_none_of_the_known():
    assert fields(tcp=table("0D", "01"))["tcp_none"] == 1


def test_udp_sockets_come_from_the_summaries():
    found = fields(
        tcp=table(),
        sockstat=b"sockets: used 9\nUDP: inuse 4 mem 2\nUDPLITE: inuse 7\n",
        sockstat6=b"TCP6: inuse 1\nUDP6: inuse 3\n",
    )

    assert found["udp_socket"] == 7


def test_a_machine_without_network_gives_nothing():
    assert fields() is None


@pytest.mark.parametrize("text", [b"", b"x", HEAD.encode().strip(), b"no header\n"])
def test_another_shape_is_an_input_error(text):
    with pytest.raises(InputError, match="/proc/net/tcp"):
        fields(tcp=text)


def test_a_summary_of_another_shape_is_an_input_error():
    with pytest.raises(InputError, match="sockstat"):
        fields(tcp=table(), sockstat=b"UDP: many\n")


def test_more_states_than_lines_are_an_input_error():
    with pytest.raises(InputError, match="more states"):
        fields(tcp=table("01 x 01 x 01"))


def test_a_table_in_pieces_counts_as_the_whole():
    lines = table("0A", "01", "0D", "06", "01").splitlines(keepends=True)
    read = {TABLES[0]: b"".join(map(digest, lines))}

    (point,) = collect(Sample(time_ns=5, texts=read), None)

    assert point.fields == fields(tcp=b"".join(lines))


@pytest.mark.parametrize("kept", [b"01 two\n", b"99 1\n", b"01\n", b"01 1 1\n"])
def test_what_is_no_digest_is_an_input_error(kept):
    sample = Sample(time_ns=5, texts={TABLES[0]: digest(HEAD.encode()) + kept})

    with pytest.raises(InputError, match="/proc/net/tcp"):
        list(collect(sample, None))
