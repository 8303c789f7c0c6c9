from muster.testing.remotewriting import request_v2, series_v1
from muster.wire.prometheus import remote_parser
from muster.wire.prometheusout import write_request, write_request_v2
from muster.wire.prometheusparts import Version

UP = (("__name__", "up"), ("job", "node"))
DOWN = (("__name__", "down"), ("job", "node"))


def test_a_message_of_1_0_is_byte_for_byte_that_of_a_sender():
    written = write_request([(UP, [7, -8], [1.0, 2.5]), (DOWN, [9], [-0.0])])

    first = series_v1(dict(UP), [(1.0, 7), (2.5, -8)])
    assert written == first + series_v1(dict(DOWN), [(-0.0, 9)])


def test_a_message_of_2_0_has_each_text_once():
    written = write_request_v2([(UP, [7], [1.0]), (DOWN, [9], [2.0])])

    assert written == request_v2([(dict(UP), [(1.0, 7)]), (dict(DOWN), [(2.0, 9)])])
    assert written.count(b"node") == 1


def test_what_is_written_is_read():
    series = [(UP, [7, -8], [1.0, 2.5])]
    old = remote_parser().parse(write_request(series), Version.V1)
    new = remote_parser().parse(write_request_v2(series), Version.V2)

    assert old == new
    assert list(old.parsed.times) == [7_000_000, -8_000_000]
