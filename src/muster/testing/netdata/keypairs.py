"""Many RSA keys in little time: each is of two primes out of a few.

Such keys keep nothing secret from each other. They are for crowds of simulated agents, where a
hub must see another key from each and making them honestly would take minutes.
"""

from collections.abc import Iterator
from itertools import combinations, islice

from cryptography.hazmat.primitives.asymmetric import rsa

_EXPONENT = 65_537
_BITS = 2048


def key_pairs(count: int) -> Iterator[rsa.RSAPrivateKey]:
    """So many different keys."""
    for pair in islice(combinations(_primes(count), 2), count):
        yield _key_of(max(pair), min(pair))


def _primes(count: int) -> list[int]:
    """Enough for as many pairs."""
    primes: list[int] = []
    while len(primes) * (len(primes) - 1) // 2 < count:
        numbers = rsa.generate_private_key(_EXPONENT, _BITS).private_numbers()
        primes += [numbers.p, numbers.q]
    return primes


def _key_of(p: int, q: int) -> rsa.RSAPrivateKey:
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa.rsa_crt_dmp1(d, p),
        dmq1=rsa.rsa_crt_dmq1(d, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(_EXPONENT, p * q),
    )
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)
