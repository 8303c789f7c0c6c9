import pytest

from muster.wire.goquote import quoted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cpu", '"cpu"'),
        ("", '""'),
        ('a"b\\c', r'"a\"b\\c"'),
        ("\a\b\f\n\r\t\v", r'"\a\b\f\n\r\t\v"'),
        ("\0\x7f", r'"\x00\x7f"'),
        ("é ☺ 😀", '"é ☺ 😀"'),
        ("\u200b\u00a0\U000e0001", r'"\u200b\u00a0\U000e0001"'),
    ],
)
def test_text_is_quoted_as_go_does(text, shown):
    assert quoted(text) == shown
