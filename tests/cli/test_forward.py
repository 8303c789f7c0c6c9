"""`muster forward`."""

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
