"""`muster forward`."""

from muster.cli.exits import Exit

LANE = {
    "id": "sub-1",
    "title": {
        "name": "kapacitor",
        "kind": "subscription",
        "space": "s",
        "database": "telegraf",
        "policy": "autogen",
        "mode": "ANY",
    },
    "format": "influx",
    "queue": {
        "waiting_bytes": 9,
        "waiting_points": 42,
        "waiting_since_ns": 10**18,
        "limit_bytes": 100,
        "sent_points": 5,
        "refused_points": 1,
        "dropped_points": 2,
    },
    "destinations": [
        {
            "url": "http://there:9092/write",
            "sent_points": 5,
            "sent_ns": 10**18,
            "error": "no answer",
            "error_ns": 10**18,
            "failing": True,
        }
    ],
}


def test_ways_out_are_listed_with_what_waits(hub):
    hub.answers["GET /api/v1/forwards"] = [LANE]
    _, out, _ = hub.run("forward", "list")

    assert out.splitlines()[1].split() == [
        "kapacitor", "telegraf.autogen", "ANY", "http://there:9092/write", "failing", "42", "9",
        "2001-09-09T01:46:40Z", "5", "1", "2", "no", "answer",
    ]  # fmt: skip
    assert hub.json("forward", "list") == [LANE]


def test_without_any_that_is_said(hub):
    hub.answers["GET /api/v1/forwards"] = []
    _, out, err = hub.run("forward", "list")

    assert "to nobody" in out + err


def test_what_is_left_over_is_listed_and_dropped_by_name(hub):
    title = LANE["title"] | {"name": "lab", "kind": "leftover", "database": ""}
    left = LANE | {"id": "set-lab", "title": title, "format": None, "destinations": []}
    hub.answers["GET /api/v1/forwards"] = [LANE, left]
    hub.answers["DELETE /api/v1/forwards/set-lab"] = None
    _, out, _ = hub.run("forward", "list")
    code, _, err = hub.run("forward", "drop", "lab")

    assert out.splitlines()[2].split()[:5] == ["lab", "hub", "-", "left", "over"]
    assert (code, err) == (Exit.OK, "42 points for lab are dropped\n")
    assert hub.asked[-1][:2] == ("DELETE", "/api/v1/forwards/set-lab")


def test_what_is_sent_on_still_is_not_dropped(hub):
    hub.answers["GET /api/v1/forwards"] = [LANE]
    code, _, err = hub.run("forward", "drop", "kapacitor")

    assert (code, "leftovers: none" in err) == (Exit.NOT_FOUND, True)
