from muster.faces.netdata.holder import holder_of, second_of


def test_an_agent_that_comes_again_from_its_address_is_the_same():
    one, again = holder_of("c", "10.0.0.1", 5), holder_of("c", "10.0.0.1", 9)

    assert one.holder.instance == again.holder.instance
    assert again.holder.counter > one.holder.counter


def test_another_address_is_another_holder():
    one, other = holder_of("c", "10.0.0.1", 5), holder_of("c", "10.0.0.2", 9)

    assert second_of(other, one) is other
    assert other.holder.instance != one.holder.instance


def test_two_from_one_address_are_told_apart():
    one, other = holder_of("c", "10.0.0.1", 5), holder_of("c", "10.0.0.1", 9)
    second = second_of(other, one)

    assert not second.can_fork
    assert second.holder.instance not in ("", one.holder.instance)
    assert (second.address, second.first_ns) == ("10.0.0.1", 9)
