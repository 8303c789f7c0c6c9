"""`muster user passkey` and `muster user reset`."""

USERS = [{"id": "u1", "name": "ada", "role": "viewer", "disabled": False, "created_ns": 1}]
KEY = {
    "id": "abc",
    "name": "phone",
    "domain": "hub.example",
    "created_ns": 10**18,
    "used_ns": 0,
    "synced": True,
}
PATH = "/api/v1/users/u1/passkeys"


def ready(hub, *keys):
    hub.answers["GET /api/v1/users"] = USERS
    hub.answers[f"GET {PATH}"] = list(keys)


def test_passkeys_are_listed_with_their_last_use(hub):
    ready(hub, KEY)
    line = hub.run("user", "passkey", "list", "ada")[1].splitlines()[1]

    assert line.split() == [
        "phone",
        "hub.example",
        "synced",
        "2001-09-09T01:46:40Z",
        "never",
        "abc",
    ]
    assert hub.json("user", "passkey", "list", "ada") == [KEY]


def test_no_passkeys_is_a_sentence(hub):
    ready(hub)

    assert hub.run("user", "passkey", "list", "ada")[1] == (
        "ada has no passkeys; they are made in the browser.\n"
    )


def test_a_passkey_is_removed_by_name(hub):
    ready(hub, KEY)

    assert hub.run("user", "passkey", "remove", "ada", "phone") == (
        0, "", "passkey phone of ada is removed\n"
    )  # fmt: skip
    assert hub.asked[-1] == ("DELETE", f"{PATH}/abc", None)


def test_one_that_is_not_there_is_not_found(hub):
    ready(hub, KEY)

    assert hub.run("user", "passkey", "remove", "ada", "x")[0] == 5


def test_a_passkey_is_asked_for_and_no_more(hub):
    ready(hub)

    assert hub.run("user", "passkey", "require", "ada", "on")[2] == (
        "the sign-in of ada takes a passkey besides the password\n"
    )
    assert hub.asked[-1] == ("PATCH", "/api/v1/users/u1", {"require_passkey": True})
    assert hub.json("user", "passkey", "require", "ada", "off") == {
        "name": "ada", "require_passkey": False,
    }  # fmt: skip


def test_a_reset_removes_passkeys_and_sets_a_password(hub, tmp_path):
    ready(hub, KEY)
    file = tmp_path / "secret"
    file.write_text("a new password\n")
    file.chmod(0o600)
    told = hub.json("user", "reset", "ada", "--password-file", str(file))

    assert told == {"name": "ada", "passkeys_removed": 1}
    assert hub.asked[-3:] == [
        ("DELETE", f"{PATH}/abc", None),
        ("DELETE", "/api/v1/users/u1/identities", None),
        (
            "PATCH",
            "/api/v1/users/u1",
            {"password": "a new password", "require_passkey": False, "disabled": False},
        ),
    ]
