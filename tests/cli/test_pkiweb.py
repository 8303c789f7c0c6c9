"""`muster pki web`."""

PATH = "/api/v1/pki/web"
VIEW = {
    "source": "acme",
    "names": ["hub.example"],
    "not_before_ns": 0,
    "not_after_ns": 1_795_000_000 * 10**9,
    "next_ns": 1_794_000_000 * 10**9,
    "fault": "the ACME server says rateLimited",
}


def test_it_is_shown_with_what_is_wrong(hub):
    hub.answers[f"GET {PATH}"] = VIEW
    code, out, _ = hub.run("pki", "web")

    assert code == 0
    assert "2026-11-18" in out
    assert "rateLimited" in out
    assert hub.json("pki", "web") == VIEW


def test_another_is_had_now(hub):
    hub.answers[f"POST {PATH}/renew"] = VIEW
    assert hub.run("pki", "web", "--renew")[0] == 0
    hub.answers[f"POST {PATH}/renew"] = (409, "conflict", "no ACME server is set up")

    code, _, said = hub.run("pki", "web", "--renew")
    assert (code, said) == (6, "muster: no ACME server is set up\n")
