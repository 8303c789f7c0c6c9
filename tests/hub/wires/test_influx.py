"""The settings of InfluxDB's wire, and where it is reached."""

import pytest

from muster.errors import SettingsError
from muster.faces.influx.callers import Way
from muster.hub.wires.influx import LOOPBACK, InfluxSettings, addresses_of, bearer_secret, check

PORTS = range(7443, 7446)
SECRET = "a secret of some length"


def test_there_is_no_listener_unless_asked_for_and_it_asks_for_certificates():
    assert InfluxSettings().port == 0
    assert InfluxSettings().auth is Way.MTLS


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"port": 7444}, "influx.port"),
        ({"port": -1}, "influx.port"),
        ({"port": 70_000}, "influx.port"),
        ({"auth": Way.OFF, "addresses": ("0.0.0.0",)}, "influx.auth"),
        ({"auth": Way.OFF, "addresses": ("127.0.0.1", "10.0.0.1")}, "influx.auth"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_by_key(settings, key):
    with pytest.raises(SettingsError) as refusal:
        check(InfluxSettings(**settings), PORTS)

    assert refusal.value.key == key


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"port": 8086},
        {"port": 8086, "auth": Way.OFF},
        {"auth": Way.OFF, "addresses": ("127.0.0.1",)},
        {"auth": Way.PASSWORD, "addresses": ("0.0.0.0",)},
    ],
)
def test_settings_that_can_be_used_are_taken(settings):
    check(InfluxSettings(**settings), PORTS)


def test_without_sign_in_it_listens_on_loopback_whatever_the_hub_does():
    everywhere = ("0.0.0.0", "::")

    assert addresses_of(InfluxSettings(auth=Way.OFF), everywhere) == LOOPBACK
    assert addresses_of(InfluxSettings(), everywhere) == everywhere
    assert addresses_of(InfluxSettings(addresses=("10.0.0.1",)), everywhere) == ("10.0.0.1",)


def test_the_secret_of_bearer_tokens_comes_from_a_file(tmp_path):
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")

    assert bearer_secret(str(file)).reveal() == SECRET
    assert bearer_secret("").reveal() == ""


@pytest.mark.parametrize("text", ["short", "x" * 5_000])
def test_a_secret_that_is_none_is_refused(tmp_path, text):
    file = tmp_path / "secret"
    file.write_text(text)

    with pytest.raises(SettingsError, match="bearer_secret_file"):
        bearer_secret(str(file))
    with pytest.raises(SettingsError, match="bearer_secret_file"):
        bearer_secret(str(tmp_path / "missing"))
