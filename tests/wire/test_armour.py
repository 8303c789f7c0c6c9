"""Text that passes by hand: what is cut or altered is noticed and said."""

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.errors import InputError
from muster.wire import armour
from muster.wire.armour import (
    BadArmour,
    Kind,
    OtherArmour,
    format_armour,
    format_parts,
    parse_armour,
)

DOCUMENT = b'{"signed":"a long request","proof":"and a signature"}' * 40 + bytes(range(256))
TEXT = format_armour(Kind.REQUEST, DOCUMENT)
PARTS = format_parts(Kind.REQUEST, DOCUMENT, length=100)


@given(st.binary(max_size=2_000), st.sampled_from(Kind))
@settings(max_examples=50)
def test_what_is_wrapped_is_unwrapped_both_ways(document, kind):
    assert parse_armour(kind, format_armour(kind, document)) == document
    assert parse_armour(kind, "\n".join(format_parts(kind, document))) == document


def test_its_lines_fit_into_mail():
    assert max(map(len, TEXT.splitlines())) <= 64
    assert TEXT.isascii()


@pytest.mark.parametrize(
    "passed",
    [
        TEXT.replace("\n", "\r\n"),
        "Dear admin,\n\n" + TEXT + "\n-- \nada\n",
        "".join(f"> {line}\n" for line in TEXT.splitlines()),
        "".join(f"   {line}  \n\n" for line in TEXT.splitlines()),
        "noise\n" + "\n".join(reversed(PARTS)) + "\nnoise",
        "\n".join([*PARTS, PARTS[0]]),
    ],
    ids=["crlf", "mail", "quoted", "indented", "codes in any order", "a code twice"],
)
def test_what_mail_and_cameras_do_to_it_is_no_harm(passed):
    assert parse_armour(Kind.REQUEST, passed) == DOCUMENT


def changed(text, at):
    other = "A" if text[at] != "A" else "B"
    return text[:at] + other + text[at + 1 :]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no MUSTER REQUEST"),
        ("hello", "no MUSTER REQUEST"),
        (TEXT[:200], "END"),
        (TEXT[: TEXT.rindex("=", 0, -40)] + TEXT[TEXT.rindex("-----END") :], "checksum is missing"),
        (changed(TEXT, 120), "checksum"),
        (TEXT.replace(TEXT.splitlines()[2] + "\n", ""), "checksum"),
        (TEXT[:100] + "!" + TEXT[101:], "base64"),
        (TEXT + TEXT, "more than one"),
        ("\n".join(PARTS[:-1]), f"missing: {len(PARTS)} of {len(PARTS)}"),
        ("\n".join([*PARTS[:-1], changed(PARTS[-1], len(PARTS[-1]) - 3)]), "checksum"),
        ("\n".join([*PARTS, changed(PARTS[0], 60)]), "twice"),
        (PARTS[0] + "\n" + format_parts(Kind.REQUEST, b"other")[0], "more than one document"),
        ("x" * (armour.MAX_TEXT + 1), "longer"),
    ],
)
def test_what_was_cut_or_altered_is_refused_with_its_reason(text, word):
    with pytest.raises(BadArmour, match=word) as caught:
        parse_armour(Kind.REQUEST, text)

    assert caught.value.code == "bad_armour"


def test_a_request_is_no_response():
    for text in (TEXT, "\n".join(PARTS)):
        with pytest.raises(OtherArmour, match="RESPONSE is due"):
            parse_armour(Kind.RESPONSE, text)
    with pytest.raises(OtherArmour):
        parse_armour(Kind.RESPONSE, TEXT.replace("MUSTER REQUEST", "MUSTER RECIPE"))
    with pytest.raises(BadArmour, match="checksum"):  # the kind is part of it
        parse_armour(Kind.RESPONSE, TEXT.replace("MUSTER REQUEST", "MUSTER RESPONSE"))


def sealed(body):
    """Armour with a good checksum around any body."""
    import base64

    check = base64.b64encode(armour._digest(Kind.REQUEST, body)[:9]).decode()
    inner = base64.b64encode(body).decode()
    return f"-----BEGIN MUSTER REQUEST-----\n{inner}\n={check}\n-----END MUSTER REQUEST-----\n"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"\x02" + zlib.compress(b"{}"), "newer"),
        (b"\x01" + zlib.compress(b"{}")[:-2], "no end"),
        (b"\x01nothing", "unpacked"),
        (b"\x01" + zlib.compress(bytes(armour.MAX_DOCUMENT + 1)), "longer"),
        (b"\x01" + zlib.compress(b"{}") + b"more", "no end"),
    ],
)
def test_what_it_holds_is_bounded_and_of_this_version(body, word):
    with pytest.raises(BadArmour, match=word):
        parse_armour(Kind.REQUEST, sealed(body))


def test_what_is_too_long_is_not_wrapped():
    with pytest.raises(InputError, match="longer"):
        format_armour(Kind.REQUEST, bytes(armour.MAX_DOCUMENT + 1))
    with pytest.raises(InputError, match="codes would be needed"):
        format_parts(Kind.REQUEST, DOCUMENT, length=1)


def test_codes_are_of_the_alphabet_that_codes_are_densest_with():
    allowed = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")

    assert all(set(part) <= allowed for part in PARTS)
    assert [part.split(":")[2] for part in PARTS[:2]] == [f"1/{len(PARTS)}", f"2/{len(PARTS)}"]


@given(st.text(max_size=400))
@settings(max_examples=100)
def test_any_text_is_a_document_or_refused(text):
    framed = f"-----BEGIN MUSTER REQUEST-----{text}-----END MUSTER REQUEST-----"
    for given_text in (text, framed):
        with pytest.raises(InputError):
            parse_armour(Kind.REQUEST, given_text)
