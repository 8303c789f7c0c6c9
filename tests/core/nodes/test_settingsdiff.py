import pytest

from muster.core.nodes.settingsdiff import Setting, differences, read_told, settings_in
from muster.errors import InputError, ProtocolError

PROXY = "http://ada:***@proxy.example:3128"


def agent(**changed):
    """Settings as an agent tells them; names have two underscores for a dot."""
    defaults = {"log_level": "info", "spool.max_age": "1d", "collect.intervals": {}}
    own = {key.replace("__", "."): value for key, value in changed.items()}
    return [
        Setting(key=key, value=own.get(key, defaults.get(key)), default=defaults.get(key))
        for key in defaults | own
    ]


def told(here, there):
    return [(each.key, each.here, each.there) for each in differences(here, there)]


def test_two_machines_differ_in_what_one_of_them_has_otherwise():
    web, db = agent(log_level="debug"), agent(spool__max_age="2d")
    found = differences(web, db)

    assert told(web, db) == [("log_level", "debug", "info"), ("spool.max_age", "1d", "2d")]
    assert [(each.here_default, each.there_default) for each in found] == [
        (False, True),
        (True, False),
    ]
    assert told(web, web) == []


def test_a_file_is_silent_about_what_is_as_by_default():
    running = agent(log_level="debug", collect__intervals={"cpu": "1m30s"})
    file = settings_in('spool.max_age = "24h"\n[collect.intervals]\ncpu = "90s"\n', running)

    assert told(running, file) == [("log_level", "debug", "info")]


def test_what_only_one_of_them_knows_counts_where_it_is_not_the_default():
    newer = [*agent(), Setting(key="new", value=5, default=5)]
    changed = [*agent(), Setting(key="new", value=6, default=5)]

    assert told(newer, agent()) == []
    assert told(agent(), changed) == [("new", None, 6)]
    assert told(settings_in("typo = 1", agent()), agent()) == [("typo", 1, None)]


def test_a_proxys_password_is_compared_with_nothing_and_shown_to_nobody():
    running = agent(link__proxy=PROXY)
    file = settings_in('link.proxy = "http://ada:secret@proxy.example:3128"', running)

    assert told(running, file) == []
    assert "secret" not in str(file)


def test_what_is_no_toml_or_no_answer_is_refused():
    with pytest.raises(InputError, match="not TOML"):
        settings_in("log_level = ", agent())
    for nonsense in (None, {"key": "x"}, [{"key": 5}], "settings"):
        with pytest.raises(ProtocolError):
            read_told(nonsense)
