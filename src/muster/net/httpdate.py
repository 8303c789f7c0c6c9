"""The Date of an answer: put together once a minute, so that the next answer finds it nearly whole.

Source: RFC 9110 section 5.6.7
"""

import time
from email.utils import formatdate
from functools import lru_cache

_MINUTE_S = 60
_SECONDS = tuple(f"{second:02} GMT" for second in range(_MINUTE_S))


def http_date() -> str:
    """Now, by the machine's clock."""
    # A peer is told the time of this machine, as aiohttp tells it in the other answers.
    minute, second = divmod(int(time.time()), _MINUTE_S)  # noqa: TID251
    return _begin(minute) + _SECONDS[second]


@lru_cache(1)
def _begin(minute: int) -> str:
    return formatdate(minute * _MINUTE_S, usegmt=True).removesuffix(_SECONDS[0])
