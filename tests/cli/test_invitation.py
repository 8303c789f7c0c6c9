"""`muster user invite` and `muster user invitation`."""

FAR_NS = 4_000_000_000 * 10**9
MADE = {
    "id": "v1",
    "name": "ada",
    "roles": {"s1": "editor"},
    "room_roles": {"r1": "viewer"},
    "state": "open",
    "created_ns": 1,
    "expires_ns": FAR_NS,
    "created_by": "operator",
    "used_ns": 0,
    "revoked_ns": 0,
}
LINK = "https://hub.example:7443/invitation#minv1_secret"
PATH = "/api/v1/invitations"


def test_what_is_asked_for_is_what_the_hub_hears(hub):
    hub.answers["GET /api/v1/spaces"] = [{"id": "s1", "name": "Customers"}]
    hub.answers["GET /api/v1/rooms"] = [{"id": "r1", "name": "lab"}]
    hub.answers[f"POST {PATH}"] = MADE | {"link": LINK}
    words = ("--role", "editor", "--space", "Customers", "--room", "lab=viewer", "--ttl", "2d")
    made = hub.json("user", "invite", "ada", *words)

    assert hub.asked[-1][2] == {
        "name": "ada",
        "role": "editor",
        "space": "s1",
        "room_roles": {"r1": "viewer"},
        "ttl_s": 172_800,
    }
    assert made["link"] == LINK


def test_the_link_alone_goes_to_standard_output(hub):
    hub.answers[f"POST {PATH}"] = MADE | {"link": LINK}
    code, out, err = hub.run("user", "invite", "ada")

    assert (code, out) == (0, LINK + "\n")
    assert "until 2096-10-02T07:06:40Z" in err
    assert hub.asked[0][2] == {"name": "ada", "role": "viewer"}


def test_invitations_are_listed(hub):
    hub.answers[f"GET {PATH}"] = [MADE]
    hub.answers["GET /api/v1/spaces"] = [{"id": "s1", "name": "Customers"}]
    _, out, _ = hub.run("user", "invitation", "list")

    assert out.splitlines()[1].split()[:6] == ["ada", "editor,", "viewer", "in", "rooms", "open"]
    assert hub.json("user", "invitation", "list") == [MADE]
    hub.answers["GET /api/v1/spaces"] += [{"id": "s2", "name": "Home"}]
    assert "editor in Customers, viewer in rooms" in hub.run("user", "invitation", "list")[1]
    hub.answers[f"GET {PATH}"] = []
    assert "muster user invite NAME" in hub.run("user", "invitation", "list")[1]


def test_an_invitation_is_revoked_by_name_or_id_and_only_while_it_is_open(hub):
    hub.answers[f"GET {PATH}"] = [MADE | {"id": "old", "state": "used"}, MADE]

    assert hub.json("user", "invitation", "revoke", "ada") == {"revoked": ["v1"]}
    assert hub.asked[-1] == ("DELETE", f"{PATH}/v1", None)


def test_one_that_is_not_there_is_not_found(hub):
    hub.answers[f"GET {PATH}"] = []
    hub.answers[f"DELETE {PATH}/nobody"] = (404, "not_found", "no such invitation")
    code, _, err = hub.run("user", "invitation", "revoke", "nobody")

    assert (code, err) == (5, "muster: no such invitation\n")
