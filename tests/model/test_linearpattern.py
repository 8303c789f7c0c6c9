import pytest

from muster.model.linearpattern import MOST_CHARS, PatternError, compile_linear


def test_a_pattern_is_found_anywhere_or_as_the_whole_text():
    assert compile_linear("b+").search("abbc")
    assert not compile_linear("b+", whole=True).search("abbc")
    assert compile_linear("a|b", whole=True).search("b")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("(a", "missing closing ): `(a`"),
        ("[a", "missing closing ]: `[a`"),
        ("*", "missing argument to repetition operator: `*`"),
        ("a\\", "trailing backslash at end of expression: ``"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
    ],
)
def test_what_is_no_pattern_is_told_in_gos_words(source, said):
    with pytest.raises(PatternError) as refused:
        compile_linear(source)
    assert str(refused.value) == f"error parsing regexp: {said}"


def test_a_pattern_that_is_too_long_or_takes_too_much_is_refused():
    with pytest.raises(PatternError, match="too large"):
        compile_linear("a" * (MOST_CHARS + 1))
    with pytest.raises(PatternError):
        compile_linear("((a{100}){100}){100}")
