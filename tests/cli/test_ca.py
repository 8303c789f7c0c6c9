"""`muster ca`."""

import pytest


def certificate(name):
    return {
        "subject": name,
        "serial": "0a1b",
        "sha256": "ff00",
        "not_before_ns": 0,
        "not_after_ns": 1_795_000_000 * 10**9,
    }


CA = {
    "root": certificate("Muster root"),
    "issuers": [certificate("agents"), certificate("servers")],
    "pins": ["ab" * 32],
    "anchors": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
}


@pytest.fixture(autouse=True)
def authority(hub):
    hub.answers["GET /api/v1/ca"] = CA


def test_the_root_alone_is_printed_as_a_file_takes_it(hub):
    assert hub.run("ca", "show", "--pem") == (0, CA["anchors"], "")


def test_every_certificate_and_pin_is_shown(hub):
    _, out, _ = hub.run("ca", "show")

    assert [line.split(maxsplit=1)[1] for line in out.splitlines() if line[:4] == "name"] == [
        "Muster root", "agents", "servers",
    ]  # fmt: skip
    assert "to 2026-11-18T11:06:40Z" in out
    assert out.splitlines()[-1] == f"pins  {'ab' * 32}"


def test_scripts_get_what_the_hub_said(hub):
    assert hub.json("ca", "show") == CA


def test_who_may_not_look_is_told_so_with_its_exit_code(hub):
    hub.answers["GET /api/v1/ca"] = (403, "denied", "you may not")

    assert hub.run("ca", "show") == (4, "", "muster: you may not\n")
