import gzip

from muster.net.http import Request, Response
from muster.net.packed import PACKED_FROM, packed

LONG = b'{"name": "web"}' * PACKED_FROM


def asked(accepted):
    headers = {} if accepted is None else {"accept-encoding": accepted}
    return Request(method="GET", path="/", headers=headers)


async def test_a_long_answer_is_packed_for_who_takes_it():
    response = await packed(asked("br, gzip"), Response(body=LONG, headers={"X": "y"}))

    assert gzip.decompress(response.body) == LONG
    assert len(response.body) < len(LONG) // 10
    assert response.headers == {"X": "y", "Vary": "Accept-Encoding", "Content-Encoding": "gzip"}


async def test_others_and_short_answers_get_it_as_it_is():
    for accepted, body in ((None, LONG), ("br", LONG), ("gzip", b"[]")):
        response = await packed(asked(accepted), Response(body=body))

        assert response.body == body
        assert response.headers == {"Vary": "Accept-Encoding"}
