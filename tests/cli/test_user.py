"""`muster user`."""

import pytest

USERS = [
    {
        "id": "u-1",
        "name": "ada",
        "role": "admin",
        "roles": {"s1": "admin"},
        "disabled": False,
        "created_ns": 0,
    },
    {
        "id": "u-2",
        "name": "bob",
        "role": "viewer",
        "roles": {},
        "disabled": True,
        "created_ns": 10**18,
    },
]


@pytest.fixture(autouse=True)
def users(hub):
    hub.answers["GET /api/v1/users"] = USERS
    hub.answers["GET /api/v1/spaces"] = [{"id": "s1", "name": "Home"}]


@pytest.fixture
def password(tmp_path):
    file = tmp_path / "password"
    file.write_text("correct horse\n")
    return str(file)


def test_users_are_listed_for_people_and_for_scripts(hub):
    _, out, _ = hub.run("user", "list")

    assert out.splitlines()[1].split() == ["ada", "admin", "enabled", "-"]
    assert "bob   viewer in rooms  disabled  2001-09-09T01:46:40Z" in out
    assert hub.json("user", "list") == USERS
    hub.answers["GET /api/v1/spaces"] += [{"id": "s2", "name": "Customers"}]
    assert "admin in Home" in hub.run("user", "list")[1]


def test_a_user_is_made_with_the_password_of_a_file(hub, password):
    hub.answers["POST /api/v1/users"] = {}
    words = ("user", "create", "eve", "--role", "editor", "--password-file", password)

    assert hub.run(*words) == (0, "", "eve may sign in as editor\n")
    assert hub.asked == [
        ("POST", "/api/v1/users", {"name": "eve", "role": "editor", "password": "correct horse"})
    ]


def test_without_a_terminal_a_password_comes_from_a_file_alone(hub):
    code, _, err = hub.run("user", "create", "eve")

    assert code == 2
    assert "--password-file" in err
    assert hub.asked == []


@pytest.mark.parametrize(
    ("words", "sent"),
    [
        (("role", "bob", "admin"), ("PATCH", {"role": "admin"})),
        (("disable", "bob"), ("PATCH", {"disabled": True})),
        (("enable", "u-2"), ("PATCH", {"disabled": False})),
        (("remove", "bob"), ("DELETE", None)),
    ],
)
def test_a_user_goes_by_name_or_id(hub, words, sent):
    code, out, err = hub.run("user", *words)

    assert (code, out) == (0, "")
    assert err.startswith(words[1])
    assert hub.asked[1] == (sent[0], "/api/v1/users/u-2", sent[1])


def test_a_new_password_is_never_printed(hub, password):
    code, out, err = hub.run("user", "password", "bob", "--password-file", password)

    assert (code, out, err) == (0, "", "the password of bob is changed\n")
    assert hub.asked[1][2] == {"password": "correct horse"}


def test_nobody_of_that_name_is_not_found(hub):
    assert hub.run("user", "remove", "eve") == (5, "", "muster: no user 'eve'\n")


def test_a_refusal_of_the_hub_is_told_with_its_exit_code(hub):
    hub.answers["DELETE /api/v1/users/u-1"] = (409, "conflict", "this is the last admin")

    assert hub.run("user", "remove", "ada") == (6, "", "muster: this is the last admin\n")


@pytest.mark.parametrize(
    ("words", "sent"),
    [
        (("viewer", "--space", "Away"), {"roles": {"s-2": "viewer"}}),
        (("none", "--space", "Away"), {"roles": {"s-2": None}}),
        (("editor", "--room", "lab"), {"room_roles": {"r-1": "editor"}}),
        (("none", "--room", "lab"), {"room_roles": {"r-1": None}}),
    ],
)
def test_a_role_is_given_and_taken_in_one_place(hub, words, sent):
    hub.answers["GET /api/v1/spaces"] = [{"id": "s-2", "name": "Away"}]
    hub.answers["GET /api/v1/rooms"] = [{"id": "r-1", "name": "lab"}]

    assert hub.run("user", "role", "bob", *words)[0] == 0
    assert hub.asked[-1] == ("PATCH", "/api/v1/users/u-2", sent)


def test_no_role_anywhere_is_said_in_another_way(hub):
    code, _, err = hub.run("user", "role", "bob", "none")

    assert code == 2
    assert "disable or remove" in err


def test_a_user_is_made_with_a_role_in_a_room_alone(hub, password):
    hub.answers["GET /api/v1/rooms"] = [{"id": "r-1", "name": "lab"}]
    hub.answers["POST /api/v1/users"] = {}
    words = ("--room", "lab=viewer", "--password-file", password)

    assert hub.run("user", "create", "eve", *words)[2] == "eve may sign in\n"
    assert hub.asked[-1][2] == {
        "name": "eve",
        "password": "correct horse",
        "room_roles": {"r-1": "viewer"},
    }


def test_a_room_role_that_is_none_is_refused(hub, capsys):
    with pytest.raises(SystemExit):
        hub.run("user", "create", "eve", "--room", "lab=root")

    assert "ROOM=ROLE" in capsys.readouterr().err


def test_what_was_made_or_changed_is_printed_as_the_interface_has_it(hub, tmp_path):
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)
    secret.write_text("a good password")
    ada = {"id": "u1", "name": "ada", "role": "editor"}
    hub.answers["GET /api/v1/users"] = [ada]
    hub.answers["POST /api/v1/users"] = hub.answers["PATCH /api/v1/users/u1"] = ada
    file = ("--password-file", str(secret))

    assert hub.json("user", "create", "ada", *file) == ada
    assert hub.json("user", "password", "ada", *file) == ada
    assert hub.json("user", "role", "ada", "editor") == ada
    assert hub.json("user", "disable", "ada") == ada
    assert hub.json("user", "enable", "ada") == ada
