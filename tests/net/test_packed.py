import gzip

import pytest

from muster.net.http import Request
from muster.net.packed import PACKED_FROM, GrowingBody

PIECE = b'{"name": "web"}'
MANY = 3 * PACKED_FROM // len(PIECE)


def answered(accepted, pieces):
    headers = {} if accepted is None else {"accept-encoding": accepted}
    body = GrowingBody(Request(method="GET", path="/", headers=headers))
    for piece in pieces:
        body.add(piece)
    return body.response()


def test_a_long_answer_is_packed_for_who_takes_it():
    response = answered("br, gzip", [PIECE] * MANY)

    assert gzip.decompress(response.body) == PIECE * MANY
    assert len(response.body) < len(PIECE) * MANY // 10
    assert response.headers == {"Vary": "Accept-Encoding", "Content-Encoding": "gzip"}


@pytest.mark.parametrize(("accepted", "count"), [(None, MANY), ("br", MANY), ("gzip", 2)])
def test_others_and_short_answers_get_it_as_it_is(accepted, count):
    response = answered(accepted, [PIECE] * count)

    assert response.body == PIECE * count
    assert response.headers == {"Vary": "Accept-Encoding"}


def test_one_long_piece_is_packed_too():
    assert gzip.decompress(answered("gzip", [PIECE * MANY]).body) == PIECE * MANY
