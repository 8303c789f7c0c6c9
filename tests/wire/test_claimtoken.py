"""The claim token, written and read; and what is said of one that is damaged."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.log import Secret
from muster.model.base64url import format_base64url
from muster.wire import claimtoken
from muster.wire.checkedtext import checksum
from muster.wire.claimtoken import BadToken, Token, decode_token, encode_token

TOKEN = Token(
    id=claimtoken.new_id(bytes(range(10))),
    secret=claimtoken.new_secret(bytes(range(32))),
    pins=("ab" * 32,),
    addresses=("hub.example:8402", "10.0.0.1:8402"),
)
TEXT = (
    "mst1.aaaqeayeaudaocaj.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    ".q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s"
    ".aHViLmV4YW1wbGU6ODQwMiwxMC4wLjAuMTo4NDAy.ZZZ"
)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

host_names = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z]{2,9}){0,2}", fullmatch=True)
hosts = host_names | st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map("[{}]".format)
addresses = st.tuples(hosts, st.integers(1, 65_535)).map(lambda pair: f"{pair[0]}:{pair[1]}")
tokens = st.builds(
    Token,
    id=st.binary(min_size=10, max_size=10).map(claimtoken.new_id),
    secret=st.binary(min_size=32, max_size=32).map(claimtoken.new_secret),
    pins=st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), min_size=1, max_size=4).map(
        tuple
    ),
    addresses=st.lists(addresses, min_size=1, max_size=8).map(tuple),
)


def parts(token):
    return token.id, token.secret.reveal(), token.pins, token.addresses


@given(tokens)
def test_a_token_is_read_as_it_was_written(token):
    assert parts(decode_token(encode_token(token).reveal())) == parts(token)


def test_the_format_is_the_one_on_its_page():
    text = encode_token(TOKEN).reveal()

    assert text.rpartition(".")[0] == TEXT.rpartition(".")[0]
    assert len(text.rpartition(".")[2]) == 7


def test_space_around_a_token_does_not_matter():
    text = encode_token(TOKEN).reveal()

    assert parts(decode_token(f"  {text}\r\n")) == parts(TOKEN)


@given(tokens, st.data())
def test_one_wrong_character_is_refused_and_its_place_is_named(token, data):
    text = encode_token(token).reveal()
    start = len(claimtoken.PREFIX) + 1
    places = [at for at in range(start, len(text)) if text[at] != "."]
    at = data.draw(st.sampled_from(places))
    wrong = data.draw(st.sampled_from(ALPHABET.replace(text[at], "")))

    with pytest.raises(BadToken, match=rf"mistyped at character {at + 1}:"):
        decode_token(text[:at] + wrong + text[at + 1 :])


@given(st.data())
def test_two_characters_that_changed_places_are_refused(data):
    text = encode_token(TOKEN).reveal()
    at = data.draw(st.integers(0, len(text) - 2).filter(lambda at: text[at] != text[at + 1]))

    with pytest.raises(BadToken):
        decode_token(text[:at] + text[at + 1] + text[at] + text[at + 2 :])


@given(st.data())
def test_a_token_that_is_cut_off_is_refused(data):
    text = encode_token(TOKEN).reveal()
    with pytest.raises(BadToken):
        decode_token(text[: data.draw(st.integers(0, len(text) - 1))])


@given(st.text(max_size=300) | st.text(ALPHABET + ".", max_size=300).map("mst1.{}".format))
def test_any_other_text_is_refused(text):
    with pytest.raises(BadToken):
        decode_token(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("hello", "it begins with mst1"),
        ("mst2.a.b", "another version: mst2, not mst1"),
        ("mst1.aaaqeayeaudaocaj", "cut off after its id"),
        ("mst1.a.b.c.d.e.f", "7 parts, not 6"),
        ("mst1.aaaq eaye", "a space or line break at character 10"),
        ("mst1.aaaq\neaye", "a space or line break at character 10"),
        ("mst1.äaaq", "'ä' at character 6"),
        ("mst1.a.b.c.d.aaaa", "3 characters are missing"),
        ("m" * 2049, "longer than 2048"),
    ],
)
def test_what_is_wrong_is_said(text, said):
    with pytest.raises(BadToken, match=said):
        decode_token(text)


def rebuilt(*fields):
    """A token text of any fields, with a checksum that fits."""
    body = ".".join(("mst1", *fields))
    return f"{body}.{checksum(body)}"


def b64(raw):
    return format_base64url(raw)


ID, SECRET = TOKEN.id, TOKEN.secret.reveal()
PIN, HOST = b64(b"p" * 32), b64(b"hub:1")


@pytest.mark.parametrize(
    "fields",
    [
        ("A" * 16, SECRET, PIN, HOST),
        ("", SECRET, PIN, HOST),
        (ID, SECRET[:-1], PIN, HOST),
        (ID, SECRET[:-1] + "9", PIN, HOST),
        (ID, SECRET + "AA", PIN, HOST),
        (ID, SECRET, "", HOST),
        (ID, SECRET, b64(b"p" * 31), HOST),
        (ID, SECRET, b64(b"p" * 160), HOST),
        (ID, SECRET, "A", HOST),
        (ID, SECRET, PIN, ""),
        (ID, SECRET, PIN, b64(b"hub")),
        (ID, SECRET, PIN, b64(b"hub:0")),
        (ID, SECRET, PIN, b64(b"hub:65536")),
        (ID, SECRET, PIN, b64(b"hub:1,")),
        (ID, SECRET, PIN, b64(b"a b:1")),
        (ID, SECRET, PIN, b64(b"user@hub:1")),
        (ID, SECRET, PIN, b64(b"::1:1")),
        (ID, SECRET, PIN, b64("hüb:1".encode())),
        (ID, SECRET, PIN, b64(",".join(["hub:1"] * 9).encode())),
    ],
)
def test_a_sound_checksum_does_not_excuse_a_broken_part(fields):
    with pytest.raises(BadToken) as refusal:
        decode_token(rebuilt(*fields))
    assert SECRET not in str(refusal.value)


def test_the_secret_does_not_show():
    assert SECRET not in repr(TOKEN)
    assert SECRET not in repr(encode_token(TOKEN))


def test_an_address_without_a_port_is_not_written():
    with pytest.raises(BadToken, match="not an address"):
        encode_token(msgspec.structs.replace(TOKEN, addresses=("hub.example",)))


def test_too_long_a_token_is_not_written():
    long = Token(
        id=TOKEN.id,
        secret=TOKEN.secret,
        pins=TOKEN.pins,
        addresses=tuple(f"{'a' * 250}:{port}" for port in range(1, 9)),
    )

    with pytest.raises(BadToken, match="longer than 2048"):
        encode_token(long)


@pytest.mark.parametrize("make", [claimtoken.new_secret, claimtoken.new_id])
def test_random_bytes_of_another_length_are_refused(make):
    with pytest.raises(BadToken):
        make(b"short")


def test_a_secret_that_is_not_base64url_is_not_written():
    with pytest.raises(BadToken):
        encode_token(
            Token(id=TOKEN.id, secret=Secret("?" * 43), pins=TOKEN.pins, addresses=("h:1",))
        )
