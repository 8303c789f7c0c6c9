"""Passwords are hashed slowly, few at a time."""

import asyncio

import pytest
from argon2 import PasswordHasher, extract_parameters

from muster.core.people import passwords
from muster.core.people.passwords import NOBODYS, Passwords, random_password
from muster.errors import InputError, LimitExceeded
from muster.log import Secret

GOOD = Secret("correct horse")


async def test_a_hash_matches_its_password_alone():
    ours = Passwords()
    known = await ours.hash(GOOD)

    assert await ours.matches(GOOD, known)
    assert not await ours.matches(Secret("correct house"), known)


@pytest.mark.parametrize(("shortest", "most"), [(1, 0), (10, 9)])
async def test_a_password_is_as_long_as_is_asked_for(shortest, most):
    with pytest.raises(InputError, match=f"{shortest} to 256"):
        await Passwords(shortest=shortest).hash(Secret("x" * most))
    assert await Passwords(shortest=shortest).hash(Secret("x" * shortest))


@pytest.mark.parametrize("known", ["", "x", NOBODYS])
async def test_what_is_nobodys_hash_matches_nothing(known):
    assert not await Passwords().matches(GOOD, known)


async def test_hash_and_nobodys_hash_cost_the_same():
    found = extract_parameters(await Passwords().hash(GOOD))

    assert found == extract_parameters(NOBODYS)
    assert (found.memory_cost, found.time_cost, found.parallelism) == (19_456, 2, 1)


async def test_two_hashes_of_one_password_differ():
    ours = Passwords()

    assert await ours.hash(GOOD) != await ours.hash(GOOD)


async def test_only_a_few_wait_and_the_rest_is_turned_away(monkeypatch):
    monkeypatch.setattr(passwords, "WAITING_MAX", 4)
    ours = Passwords()
    known = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD.reveal())
    results = await asyncio.gather(
        *(ours.matches(GOOD, known) for _ in range(10)), return_exceptions=True
    )

    assert results.count(True) == 4
    assert sum(isinstance(result, LimitExceeded) for result in results) == 6
    assert await ours.matches(GOOD, known)


def test_a_random_password_is_long_and_never_the_same():
    made = {random_password().reveal() for _ in range(100)}

    assert len(made) == 100
    assert all(len(each) == 29 for each in made)
