import pytest

from muster.net.admission import Admission, neighbourhood


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2ff::9", "2001:db8:1:200::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("unix", "unix"),
    ],
)
def test_neighbours_count_together(address, place):
    assert neighbourhood(address) == place


def test_one_neighbourhood_cannot_take_all_places():
    admission = Admission(total=10, per_neighbourhood=2)

    taken = [admission.enter(f"192.0.2.{host}") for host in range(3)]

    assert taken == [True, True, False]
    assert admission.enter("198.51.100.1")
    assert (admission.held, admission.refused) == (3, 1)


def test_a_place_given_back_can_be_taken_again():
    admission = Admission(total=1, per_neighbourhood=1)
    admission.enter("192.0.2.1")

    assert not admission.enter("198.51.100.1")
    admission.leave("192.0.2.1")
    assert admission.enter("198.51.100.1")
