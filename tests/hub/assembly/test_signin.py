"""Ways to sign in come out of the settings."""

import pytest

from muster.config import load
from muster.errors import SettingsError
from muster.hub.assembly.signin import SignInParts, trusted_methods
from muster.hub.settings import Settings, check
from muster.testing.house import House

FILE = """
[oidc.corp]
issuer = "https://id.example"
client_id = "muster"
client_secret_file = "/etc/muster/corp"
label = "Corp"
second_factor = true
sign_out = true

[[oidc.corp.map]]
group = "ops"
role = "admin"

[[oidc.corp.map]]
group = "field"
role = "editor"
space = "Home"
room = "edge"

[oidc.twin]
issuer = "https://twin.example"
client_id = "muster"

[[oidc.twin.map]]
group = "ops"
role = "viewer"

[accounts]
require_second_factor = true
fresh = "5m"
"""


def read(folder, text):
    file = folder / "hub.toml"
    file.write_text(text)
    loaded = load(Settings, file=file)
    check(loaded.value)
    return loaded


def test_providers_are_read_from_the_file_and_offered(tmp_path):
    settings = read(tmp_path, FILE).value
    with House() as house:
        parts = SignInParts(
            settings=settings,
            records=house.records,
            clock=house.clock,
            sessions=house.accounts.sessions,
            hub="harbour",
        )

        assert parts.oidc.offers() == [("corp", "Corp"), ("twin", "twin")]
    assert trusted_methods(settings) == ["oidc:corp"]
    assert settings.oidc["corp"].map[1].room == "edge"


async def test_a_session_that_began_elsewhere_or_here_is_left_nowhere(tmp_path):
    settings = read(tmp_path, FILE).value
    with House() as house:
        parts = SignInParts(
            settings=settings,
            records=house.records,
            clock=house.clock,
            sessions=house.accounts.sessions,
            hub="harbour",
        )

        assert await parts.leave("password", "hub.example") == ""
        assert await parts.leave("oidc:twin", "hub.example") == ""


def test_what_is_shown_of_the_settings_holds_no_secret(tmp_path):
    rows = {key: value for key, value, _ in read(tmp_path, FILE).rows()}

    assert rows["oidc"]["corp"]["client_secret_file"] == "/etc/muster/corp"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('issuer = "https://id.example"', 'issuer = "http://id.example"', "oidc.corp.issuer"),
        ('role = "viewer"', 'role = "root"', "oidc"),
        ('label = "Corp"', 'lable = "Corp"', "oidc"),
        ("[[oidc.twin.map]]", "[[oidc.corp.map]]", "oidc.twin.map"),
    ],
)
def test_a_fault_in_the_file_names_its_place(tmp_path, old, new, named):
    with pytest.raises(SettingsError) as fault:
        read(tmp_path, FILE.replace(old, new))

    assert named in str(fault.value)
