"""Who asks, by each of three ways in."""

import json

import msgspec
import pytest

from muster.errors import Denied
from muster.faces.influx.callers import CREATE_ADMIN, refuse_other_sites
from muster.log import Secret
from muster.model.access import Role
from muster.net.http import Request

CREATE = "CREATE USER root WITH PASSWORD 'secret' WITH ALL PRIVILEGES"
SHOW = {"q": "SHOW DATABASES"}


def error(response):
    return response.status, json.loads(response.body)["error"]


async def query(server, q, **more):
    return await server.ask("POST", "/query", {"q": q}, **more)


async def test_the_first_admin_is_made_on_this_machine_alone(guarded):
    away = await query(guarded, CREATE, address="10.0.0.9")
    here = await query(guarded, CREATE)
    late = await query(guarded, CREATE)

    assert error(away) == (403, CREATE_ADMIN)
    assert here.status == 200
    assert error(late) == (401, "unable to parse authentication credentials")


async def test_before_there_is_an_admin_a_token_of_the_hub_opens_what_it_may(guarded):
    headers = {"Authorization": f"Token {await guarded.hub_token(Role.ADMIN)}"}
    answer = await query(guarded, "CREATE DATABASE d", headers=headers, address="10.0.0.9")

    assert json.loads(answer.body) == {"results": [{"statement_id": 0}]}


async def test_users_that_a_token_made_sign_in_without_any_admin(guarded):
    headers = {"Authorization": f"Token {await guarded.hub_token(Role.ADMIN)}"}
    for text in (
        "CREATE DATABASE d",
        "CREATE USER writer WITH PASSWORD 'secret'",
        "GRANT WRITE ON d TO writer",
    ):
        assert (await query(guarded, text, headers=headers)).status == 200
    away = {"address": "10.0.0.9", "body": b"m v=1"}

    right = await guarded.ask("POST", "/write", {"db": "d", "u": "writer", "p": "secret"}, **away)
    wrong = await guarded.ask("POST", "/write", {"db": "d", "u": "writer", "p": "other"}, **away)
    nobody = await guarded.ask("POST", "/write", {"db": "d", "u": "none", "p": "secret"}, **away)

    assert right.status == 204
    assert error(wrong) == (401, "authorization failed")
    assert error(nobody) == (403, CREATE_ADMIN)


@pytest.mark.parametrize("form", ["url", "token"])
async def test_users_sign_in_by_every_form(guarded, form):
    await query(guarded, CREATE)
    given = {**SHOW, "u": "root", "p": "secret"} if form == "url" else SHOW
    headers = {} if form == "url" else {"Authorization": "Token root:secret"}

    assert (await guarded.ask("GET", "/query", given, headers=headers)).status == 200


async def test_bearer_tokens_are_refused_where_there_is_no_secret(guarded):
    await query(guarded, CREATE)
    answer = await guarded.ask("GET", "/query", SHOW, headers={"Authorization": "Bearer a.b.c"})

    assert error(answer) == (401, "bearer auth disabled")


async def test_a_node_reads_nothing_by_its_certificate_and_what_its_user_may_beside_it(certified):
    node = certified.node()
    headers = {"Authorization": f"Token {await certified.hub_token(Role.ADMIN)}"}
    await query(certified, "CREATE DATABASE d", headers=headers, peer=node)
    alone = await query(certified, "SHOW RETENTION POLICIES ON d", peer=node)
    beside = await query(certified, "SHOW RETENTION POLICIES ON d", headers=headers, peer=node)

    assert alone.status == 403
    assert beside.status == 200


async def test_a_certificate_that_is_no_nodes_opens_nothing_by_itself(certified):
    headers = {"Authorization": f"Token {await certified.hub_token(Role.ADMIN)}"}
    assert (await certified.ask("GET", "/query", SHOW, headers=headers)).status == 200

    root = await certified.influx_users.create(
        certified.influx_logins.login_of_nobody(""), "root", Secret("x"), admin=True
    )
    assert root.admin
    assert (await certified.ask("GET", "/query", SHOW)).status == 401


async def test_a_page_of_another_site_asks_nothing_where_nobody_signs_in(server):
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example:8086"}):
        answer = await query(server, "CREATE DATABASE d", headers=headers)
        assert answer.status == 403


@pytest.mark.parametrize("host", ["", "localhost:8086", "127.0.0.1:8086", "[::1]:8086"])
def test_this_machine_is_known_by_its_own_names(host):
    refuse_other_sites({"host": host})


@pytest.mark.parametrize("host", ["evil.example", "10.0.0.1:8086"])
def test_no_other_name_is_this_machines(host):
    with pytest.raises(Denied, match="localhost"):
        refuse_other_sites({"host": host})


async def test_from_where_a_node_writes_by_its_certificate_is_told(certified):
    node = certified.node()
    write = ("POST", "/write", {"db": "d"})
    await certified.ask(*write, body=b"m v=1", peer=node, address="10.0.0.1")
    await query(certified, "SHOW DATABASES", peer=node, address="10.0.0.2")

    assert certified.writers == [(node.node, "10.0.0.1")]


def seen_at_once(server, peer=None, **more):
    request = Request(method="GET", path="/query", address="127.0.0.1", peer=peer, **more)
    found = server.callers.asking_at_once(request)
    return None if found is None else (found.login.name, found.login.admin)


ROOT = {"u": "root", "p": "secret"}


async def test_nobody_is_known_at_once_but_by_pages_of_others(server):
    assert seen_at_once(server) == ("", True)
    with pytest.raises(Denied):
        seen_at_once(server, headers={"sec-fetch-site": "cross-site"})


async def test_a_user_is_known_at_once_after_the_password_was_checked(guarded):
    first = seen_at_once(guarded, query=ROOT)
    await query(guarded, CREATE)
    before = seen_at_once(guarded, query=ROOT)
    await guarded.ask("GET", "/query", {**SHOW, **ROOT})

    assert (first, before) == (None, None)
    assert seen_at_once(guarded, query=ROOT) == ("root", True)
    assert seen_at_once(guarded, query={"u": "root", "p": "other"}) is None
    assert seen_at_once(guarded) is None
    assert seen_at_once(guarded, headers={"authorization": "Bearer a.b.c"}) is None


async def test_a_user_beside_a_certificate_is_known_once_that_was_looked_at(certified):
    node = certified.node()
    headers = {"Authorization": f"Token {await certified.hub_token(Role.ADMIN)}"}
    await query(certified, CREATE, headers=headers, peer=node)
    await certified.ask("GET", "/query", {**SHOW, **ROOT}, peer=node)
    before = seen_at_once(certified, node, query=ROOT)
    certified.callers._is_checked = lambda peer, certificate: peer == node

    assert before is None
    assert seen_at_once(certified, node, query=ROOT) == ("root", True)
    assert seen_at_once(certified, node) is None


def asking(server, peer=None, **more):
    request = Request(method="GET", path="/query", address="127.0.0.1", peer=peer, **more)
    return server.callers.asking_at_once(request), request


async def test_nobody_stays_who_it_was_while_the_hubs_space_is_the_same(server):
    caller, request = asking(server)
    other = msgspec.structs.replace(caller.login, space="elsewhere")

    assert server.callers.still(caller, request)()
    assert not server.callers.still(caller._replace(login=other), request)()


async def test_a_user_stays_who_it_was_until_something_of_it_changes(guarded):
    await query(guarded, CREATE)
    await guarded.ask("GET", "/query", {**SHOW, **ROOT})
    caller, request = asking(guarded, query=ROOT)
    before = guarded.callers.still(caller, request)()
    await guarded.ask("POST", "/query", {"q": "CREATE USER x WITH PASSWORD 'y'", **ROOT})

    assert before
    assert not guarded.callers.still(caller, request)()


async def test_a_certificate_that_is_not_taken_any_more_ends_what_was_known(certified):
    node, certified.callers._is_checked = certified.node(), lambda peer, certificate: False
    headers = {"Authorization": f"Token {await certified.hub_token(Role.ADMIN)}"}
    await query(certified, CREATE, headers=headers, peer=node)
    await certified.ask("GET", "/query", {**SHOW, **ROOT}, peer=node)
    certified.callers._is_checked = lambda peer, certificate: True
    caller, request = asking(certified, node, query=ROOT)
    before = certified.callers.still(caller, request)()
    certified.callers._is_checked = lambda peer, certificate: False

    assert before
    assert not certified.callers.still(caller, request)()
