"""Password hashes: argon2id at 19 MiB, two passes, one lane; few at a time, in threads.

Source: OWASP Password Storage Cheat Sheet (m=19456, t=2, p=1); RFC 9106.
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from muster.errors import InputError, LimitExceeded
from muster.log import Secret

T = TypeVar("T")
MIN_PASSWORD = 10
MAX_PASSWORD = 256
AT_ONCE = 2  # 19 MiB and about 30 ms of a core each
WAITING_MAX = 32
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Of a password that was thrown away: checked when there is no user, to take as long.
NOBODYS = (
    "$argon2id$v=19$m=19456,t=2,p=1$BK1srdzvJnmlRvjYUzt"
    "a9g$CLPbrM7iGNOIHYZh+hibxjeapHHJqeRRugXJL4gf+E0"
)


class Passwords:
    """Hashes and checks passwords without stopping the event loop.

    Errors: LimitExceeded when too many wait.
    """

    def __init__(self, *, shortest: int = MIN_PASSWORD, hasher: PasswordHasher = HASHER) -> None:
        self._shortest = shortest
        self._hasher = hasher
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def hash(self, password: Secret) -> str:
        """Errors: InputError when it is shorter than `shortest` or longer than 256 characters."""
        text = password.reveal()
        if not self._shortest <= len(text) <= MAX_PASSWORD:
            raise InputError(f"a password has {self._shortest} to {MAX_PASSWORD} characters")
        return await self._run(lambda: self._hasher.hash(text))

    async def matches(self, password: Secret, known: str) -> bool:
        """Whether it is the password. `known` empty is nobody's, and takes as long to refuse."""
        return await self._run(lambda: self._matches(password.reveal()[: MAX_PASSWORD + 1], known))

    def _matches(self, password: str, known: str) -> bool:
        try:
            self._hasher.verify(known or NOBODYS, password)
        except (VerificationError, InvalidHashError):
            return False
        return bool(known)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= WAITING_MAX:
            raise LimitExceeded("too many sign-ins at once", retry_after_s=2)
        self._waiting += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1


def random_password() -> Secret:
    """120 random bits, easy to type: six groups of four letters and digits."""
    alphabet = "abcdefghijkmnpqrstuvwxyz23456789"  # without l, o, 0, 1
    marks = "".join(secrets.choice(alphabet) for _ in range(24))
    return Secret("-".join(marks[at : at + 4] for at in range(0, 24, 4)))
