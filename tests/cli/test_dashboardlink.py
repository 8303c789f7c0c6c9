"""`muster dashboard link`."""

import pytest

PATH = "/api/v1/spaces/s-1/dashboards/disks/links"
LINK = {
    "id": "l-1",
    "dashboard": "disks",
    "name": "hall",
    "created_ns": 10**18,
    "created_by": "ada",
    "expires_ns": 10**18,
    "used_ns": 0,
    "state": "valid",
}


@pytest.fixture(autouse=True)
def links(hub):
    hub.answers["GET /api/v1/spaces"] = [{"id": "s-1", "name": "Home", "main": True}]
    hub.answers[f"GET {PATH}"] = [LINK]
    hub.answers[f"POST {PATH}"] = {
        "link": LINK,
        "token": "mdl1.x",
        "url": "https://h/shared#mdl1.x",
    }


def test_a_link_is_made_and_its_text_printed_once(hub):
    code, out, err = hub.run("dashboard", "link", "create", "disks", "--name", "hall")

    assert (code, out) == (0, "https://h/shared#mdl1.x\n")
    assert "until 2001-09-09T01:46:40Z" in err
    assert hub.asked[-1][2] == {"name": "hall", "days": 30}
    assert hub.json("dashboard", "link", "create", "disks", "--days", "0")["token"] == "mdl1.x"


def test_links_are_listed(hub):
    _, out, _ = hub.run("dashboard", "link", "list", "disks")

    assert out.splitlines()[1].split() == [
        "l-1", "hall", "ada", "valid", "2001-09-09T01:46:40Z", "never",
    ]  # fmt: skip
    assert hub.json("dashboard", "link", "list", "disks") == [LINK]


def test_a_link_is_ended(hub):
    assert "is revoked" in hub.run("dashboard", "link", "revoke", "disks", "l-1")[2]
    assert hub.asked[-1] == ("DELETE", f"{PATH}/l-1", None)
    assert hub.json("dashboard", "link", "revoke", "disks", "l-1")["state"] == "revoked"


@pytest.mark.parametrize("days", ["-1", "many", "9999"])
def test_days_are_a_whole_number(hub, days):
    with pytest.raises(SystemExit):
        hub.run("dashboard", "link", "create", "disks", "--days", days)
