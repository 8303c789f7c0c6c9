from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.config import format_duration, load, parse_duration
from muster.errors import SettingsError


class Web(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    port: int = 8443
    names: tuple[str, ...] = ()


class Tree(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    web: Web = Web()
    keep: timedelta = timedelta(days=30)
    ephemeral: bool = False
    every: dict[str, timedelta] = {}


def written(tmp_path, text):
    file = tmp_path / "hub.toml"
    file.write_text(text)
    return file


def test_later_sources_win_and_each_value_knows_where_it_came_from(tmp_path):
    file = written(tmp_path, 'keep = "2d"\n[web]\nport = 1\nnames = ["a"]\n')
    loaded = load(
        Tree,
        file=file,
        environment={"MUSTER_WEB_PORT": "2", "MUSTER_EPHEMERAL": "yes"},
        flags={"web.port": 3, "keep": None},
    )

    assert loaded.value == Tree(web=Web(3, ("a",)), keep=timedelta(days=2), ephemeral=True)
    assert loaded.origin("web.port") == "command line"
    assert loaded.origin("ephemeral") == "MUSTER_EPHEMERAL"
    assert loaded.origin("web.names") == str(file)
    assert load(Tree).origin("keep") == "default"


def test_a_table_of_durations_is_read_and_shown_like_single_ones(tmp_path):
    loaded = load(Tree, file=written(tmp_path, 'every = {disk = "1m30s", net = "2s"}'))

    assert loaded.value.every == {"disk": timedelta(seconds=90), "net": timedelta(seconds=2)}
    assert ("every", {"disk": "1m30s", "net": "2s"}) in [row[:2] for row in loaded.rows()]


def test_a_list_in_the_environment_is_separated_by_commas():
    assert load(Tree, environment={"MUSTER_WEB_NAMES": "a, b"}).value.web.names == ("a", "b")


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        ("[web]\nport = 'x'", "web.port", "int"),
        ("[web]\nprot = 1", "web.prot", "unknown setting"),
        ("keep = '5 parsecs'", "keep", "not a duration"),
        ("keep = 5", "keep", "expected a duration"),
        ("every = {disk = 5}", "every", "expected a duration"),
        ("every = {disk = 'soon'}", "every", "not a duration"),
    ],
)
def test_a_fault_names_file_and_key(tmp_path, text, key, says):
    file = written(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load(Tree, file=file)

    assert str(caught.value).startswith(f"{file}: {key}: ")
    assert says in str(caught.value)


def test_a_broken_file_says_where_it_breaks(tmp_path):
    with pytest.raises(SettingsError, match="line 2"):
        load(Tree, file=written(tmp_path, "web = [\nx"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match="no such file"):
        load(Tree, file=tmp_path / "none.toml")


def test_a_wrong_number_in_the_environment_names_the_variable():
    with pytest.raises(SettingsError, match="MUSTER_WEB_PORT"):
        load(Tree, environment={"MUSTER_WEB_PORT": "many"})


def test_rows_list_every_setting_with_its_origin():
    assert [row[0] for row in load(Tree).rows()] == [
        "ephemeral", "every", "keep", "web.names", "web.port",
    ]  # fmt: skip


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    every: dict[str, int] = {}


def test_a_table_of_free_names_is_one_setting(tmp_path):
    file = written(tmp_path, "[every]\ncpu = 2\n")

    assert load(Named).rows() == [("every", {}, "default")]
    assert load(Named, file=file).rows() == [("every", {"cpu": 2}, str(file))]


@given(st.integers(0, 10**10))
def test_durations_are_read_as_they_are_written(milliseconds):
    value = timedelta(milliseconds=milliseconds)

    assert parse_duration(format_duration(value)) == value


class Colour:
    """A type that reads and shows itself."""

    def __init__(self, text):
        self.text = text

    @classmethod
    def parse_setting(cls, text):
        if text == "none":
            raise SettingsError("no colour")
        return cls(text)

    def __str__(self):
        return f"#{self.text}"


class Painted(msgspec.Struct, forbid_unknown_fields=True):
    colour: Colour = Colour("000")


def test_a_type_of_its_own_reads_and_shows_itself():
    loaded = load(Painted, environment={"MUSTER_COLOUR": "fff"})

    assert loaded.rows() == [("colour", "#fff", "MUSTER_COLOUR")]


def test_an_error_of_such_a_type_names_the_key():
    with pytest.raises(SettingsError, match="MUSTER_COLOUR: colour: no colour"):
        load(Painted, environment={"MUSTER_COLOUR": "none"})
