import time

import pytest

from muster.net.httpdate import http_date


@pytest.mark.parametrize(
    ("now_s", "text"),
    [
        (0.0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784111777.9, "Sun, 06 Nov 1994 08:49:37 GMT"),  # the example of RFC 9110
        (784111779.0, "Sun, 06 Nov 1994 08:49:39 GMT"),
        (784111780.0, "Sun, 06 Nov 1994 08:49:40 GMT"),
        (784111799.999, "Sun, 06 Nov 1994 08:49:59 GMT"),
        (784111800.0, "Sun, 06 Nov 1994 08:50:00 GMT"),
        (784111799.0, "Sun, 06 Nov 1994 08:49:59 GMT"),  # a clock that was put back
    ],
)
def test_an_answer_is_dated_to_the_second(now_s, text, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: now_s)

    assert http_date() == text
