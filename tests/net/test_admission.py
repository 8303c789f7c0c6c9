import asyncio

from muster.net.admission import Admission, Handshakes


def test_one_network_cannot_take_all_places():
    admission = Admission(total=10, per_network=2)

    taken = [admission.enter(f"192.0.2.{host}") for host in range(3)]

    assert taken == [True, True, False]
    assert admission.enter("198.51.100.1")
    assert (admission.held, admission.refused) == (3, 1)


def test_a_place_given_back_can_be_taken_again():
    admission = Admission(total=1, per_network=1)
    admission.enter("192.0.2.1")

    assert not admission.enter("198.51.100.1")
    admission.leave("192.0.2.1")
    assert admission.enter("198.51.100.1")


def test_the_machine_itself_has_no_share_so_that_a_reverse_proxy_can_stand_there():
    admission = Admission(total=6, per_network=1)
    own = ("127.0.0.1", "127.0.0.1", "::1", "::ffff:127.0.0.1", "unix", "unix")

    assert [admission.enter(address) for address in own] == [True] * 6
    assert not admission.enter("127.0.0.1")
    for address in own:
        admission.leave(address)
    assert admission.held == 0


def test_a_trusted_proxy_may_take_every_place():
    admission = Admission(10, 1, lambda address: address == "192.0.2.1")

    assert [admission.enter("192.0.2.1") for _ in range(3)] == [True] * 3
    assert [admission.enter("198.51.100.1") for _ in range(2)] == [True, False]


async def test_handshakes_make_room_when_they_end_and_ending_twice_is_once():
    handshakes = Handshakes(2, silent_s=60, slow_s=120)
    first, second = handshakes.begin(), handshakes.begin()
    full = handshakes.is_full

    first.end()
    first.end()
    await handshakes.wait()

    assert full
    assert handshakes.under_way == 1
    second.end()


async def test_who_says_nothing_takes_no_place_in_the_row_for_long():
    handshakes = Handshakes(1, silent_s=0.0, slow_s=60)
    handshakes.begin()
    full = handshakes.is_full

    async with asyncio.timeout(60):
        await handshakes.wait()

    assert (full, handshakes.under_way) == (True, 0)


async def test_who_is_slow_takes_one_a_little_longer():
    handshakes = Handshakes(1, silent_s=0.0, slow_s=0.0)
    handshakes.begin().hear()

    async with asyncio.timeout(60):
        await handshakes.wait()

    assert handshakes.under_way == 0


async def test_who_waits_for_a_loop_that_is_late_is_not_slow():
    handshakes = Handshakes(1, silent_s=-1.0, slow_s=-1.0)  # so each look is a second late
    handshake = handshakes.begin()
    for _ in range(5):
        await asyncio.sleep(0)
    waiting = handshakes.under_way
    handshake.end()

    assert (waiting, handshakes.under_way) == (1, 0)
