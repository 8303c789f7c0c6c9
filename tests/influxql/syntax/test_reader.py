import pytest

from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.reader import Reader
from muster.influxql.syntax.tokens import Token


def test_a_token_that_was_put_back_is_read_again():
    reader = Reader("a, b")
    first = reader.next()
    reader.put_back()

    assert reader.next() == first
    assert reader.accept(Token.COMMA) is Token.COMMA
    assert reader.accept(Token.COMMA) is None
    assert reader.ident() == "b"


def test_white_space_and_comments_say_nothing():
    assert Reader(" /* c */ -- d\n e").peek().text == "e"


@pytest.mark.parametrize(
    ("text", "names"),
    [("a", ["a"]), ("a.b.c", ["a", "b", "c"]), ("a..c", ["a", "", "c"]), ('"a.b".c', ["a.b", "c"])],
)
def test_a_path_has_up_to_three_names(text, names):
    assert Reader(text).segments() == names


def test_a_path_of_four_names_is_refused():
    with pytest.raises(InfluxqlError, match=r'too many segments in "a"\."b"\."c"\.d at line 1'):
        Reader("a.b.c.d").segments()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "found x, expected integer at line 1, char 1"),
        ("0", "invalid value 0: must be 1 <= n <= 9 at line 1, char 1"),
        ("9" * 30, f'strconv.Atoi: parsing "{"9" * 30}": value out of range at line 1, char 1'),
    ],
)
def test_an_integer_has_its_bounds(text, message):
    with pytest.raises(InfluxqlError) as refused:
        Reader(text).integer(1, 9)

    assert str(refused.value) == message


def test_an_id_has_64_bits():
    assert Reader(str((1 << 64) - 1)).unsigned() == (1 << 64) - 1
    with pytest.raises(InfluxqlError, match=r"ParseUint.*value out of range"):
        Reader(str(1 << 64)).unsigned()


def test_a_limit_over_64_bits_is_none():
    assert Reader("LIMIT 99999999999999999999").count_after(Token.LIMIT) == (1 << 63) - 1
    assert Reader("OFFSET 1").count_after(Token.LIMIT) == 0


def test_a_limit_below_zero_can_only_be_bound_and_is_refused():
    with pytest.raises(InfluxqlError, match="LIMIT must be >= 0 at line 1, char 7"):
        Reader("LIMIT $n", {"n": -1}).count_after(Token.LIMIT)


def test_inf_is_a_duration_where_it_may_be():
    assert Reader("INF").duration() == 0
    with pytest.raises(InfluxqlError, match="found INF, expected duration"):
        Reader("INF").duration(infinite=False)


def test_a_wrong_duration_has_its_place():
    with pytest.raises(InfluxqlError, match=r"^invalid duration at line 1, char 2$"):
        Reader(" 1x").duration()
