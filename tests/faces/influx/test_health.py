"""Is somebody there, and which version."""

import json


async def test_a_ping_is_answered_by_nothing(guarded):
    for path in ("/ping", "/status"):
        for method in ("GET", "HEAD"):
            assert (await guarded.ask(method, path)).status == 204
    assert (await guarded.ask("GET", "/ping", {"verbose": "false"})).status == 204


async def test_a_ping_that_wants_to_know_is_told_the_version(guarded):
    answer = await guarded.ask("GET", "/ping", {"verbose": "true"})

    assert (answer.status, json.loads(answer.body)) == (200, {"version": "1.8.10"})


async def test_the_server_is_well(guarded):
    one = json.loads((await guarded.ask("GET", "/health")).body)
    two = json.loads((await guarded.ask("GET", "/api/v2/health")).body)

    assert one["status"] == "pass"
    assert two == {**one, "commit": ""}


async def test_it_tells_since_when_it_runs(guarded):
    guarded.clock.advance(3_723.5)
    answer = json.loads((await guarded.ask("GET", "/ready")).body)

    assert (answer["status"], answer["up"]) == ("ready", "1h2m3s")
    assert answer["started"].endswith("Z")
