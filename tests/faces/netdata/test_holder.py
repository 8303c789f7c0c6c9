from muster.faces.netdata.holder import second_of
from muster.model.clone import holder_at


def test_who_comes_from_another_address_stays_who_it_is():
    one, other = holder_at("c", "10.0.0.1", 5), holder_at("c", "10.0.0.2", 9)

    assert second_of(other, one) is other
    assert other.holder.instance != one.holder.instance


def test_two_from_one_address_are_told_apart():
    one, other = holder_at("c", "10.0.0.1", 5), holder_at("c", "10.0.0.1", 9)
    second = second_of(other, one)

    assert not second.can_fork
    assert second.holder.instance not in ("", one.holder.instance)
    assert (second.address, second.first_ns) == ("10.0.0.1", 9)
