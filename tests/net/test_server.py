"""The listener over real sockets: a unix socket for HTTP, loopback for TLS."""

import asyncio
import importlib.util
import logging
import socket
import ssl
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from muster.errors import Conflict, Denied, Unavailable
from muster.model.access import Action, Actor
from muster.net.bind import bind_tcp, bind_unix
from muster.net.http import Public, Request, Response, Route, json_response
from muster.net.server import Listener, ListenerSettings
from muster.net.tls import SwapContext, server_context

_spec = importlib.util.spec_from_file_location(
    "certificates", Path(__file__).with_name("certificates.py")
)
certificates = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(certificates)

NODE = "spiffe://{0}/space/{0}/node/{0}".format("6f1c1a52-0000-4000-8000-000000000001")


async def who(request: Request) -> Response:
    return json_response(
        {
            "actor": request.actor.name if request.actor else None,
            "peer": request.peer.uri if request.peer else None,
            "match": request.match,
            "query": request.query,
            "body": request.body.decode(),
            "address": request.address,
        }
    )


async def refuse(request: Request) -> Response:
    raise Conflict("name 'pilot' is taken")


async def busy(request: Request) -> Response:
    raise Unavailable("the disk is full", retry_after_s=7)


async def break_down(request: Request) -> Response:
    raise ZeroDivisionError("secret detail")


async def stream(request: Request) -> Response:
    async def parts():
        for part in (b"one\n", b"two\n"):
            yield part

    return Response(stream=parts())


async def echo(request: Request, socket) -> None:
    async for message in socket:
        if message == "backlog":
            await socket.send(str(socket.backlog_bytes))
        elif message == "refuse":
            raise Denied("this node is revoked")
        elif message == "break":
            raise ZeroDivisionError("secret detail")
        else:
            await socket.send(message)


ROUTES = [
    Route(method="GET", path="/open", allow=Public.HEALTH, handler=who),
    Route(method="POST", path="/open", allow=Public.PROOF, handler=who, max_body_bytes=100),
    Route(method="GET", path="/nodes/{id}", allow=Action.NODE_READ, handler=who),
    Route(method="POST", path="/nodes", allow=Action.NODE_EDIT, handler=who),
    Route(method="POST", path="/danger", allow=Action.NODE_EDIT, handler=who, fresh=True),
    Route(method="GET", path="/refuse", allow=Public.HEALTH, handler=refuse),
    Route(method="GET", path="/busy", allow=Public.HEALTH, handler=busy),
    Route(method="GET", path="/break", allow=Public.HEALTH, handler=break_down),
    Route(method="GET", path="/stream", allow=Public.HEALTH, handler=stream),
    Route(method="GET", path="/peer", allow=Public.PEER, handler=who),
    Route(method="GET", path="/echo", allow=Public.HEALTH, socket=echo, max_body_bytes=1000),
    Route(method="GET", path="/told", allow=Public.HEALTH, socket=echo, without_upgrade=refuse),
]


async def authenticate(request: Request) -> Actor | None:
    name = request.cookies.get("session") or request.headers.get("x-name")
    return Actor(name=name, is_stale="x-stale" in request.headers) if name else None


def authorize(actor: Actor, action: Action) -> None:
    if actor.name != "ada":
        raise Denied(f"{actor.name} may not {action.value}")


@asynccontextmanager
async def serving(tmp_path, *, routes=ROUTES, browser=False, refuse=None, **limits):
    listener = Listener(
        name="test",
        routes=routes,
        sockets=[bind_unix(tmp_path / "s")],
        settings=ListenerSettings(**limits),
        authenticate=authenticate,
        authorize=authorize,
        refuse=refuse,
        browser=browser,
    )
    async with asyncio.TaskGroup() as jobs:
        jobs.create_task(listener.run())
        connector = aiohttp.UnixConnector(str(tmp_path / "s"))
        async with aiohttp.ClientSession("http://hub", connector=connector) as client:
            yield client, listener
        listener.stop()


@asynccontextmanager
async def serving_tls(context, routes=ROUTES):
    sockets = bind_tcp(["127.0.0.1"], 0, "listen.port_base")
    listener = Listener(
        name="test",
        routes=routes,
        sockets=sockets,
        settings=ListenerSettings(),
        authenticate=authenticate,
        authorize=authorize,
        context=context,
    )
    async with asyncio.TaskGroup() as jobs:
        jobs.create_task(listener.run())
        yield f"https://localhost:{sockets[0].getsockname()[1]}"
        listener.stop()


async def until(condition):
    while not condition():  # noqa: ASYNC110 - the other side's doing gives no event
        await asyncio.sleep(0.001)


async def ask(base, path, context):
    connector = aiohttp.TCPConnector(ssl=context, force_close=True)
    async with (
        aiohttp.ClientSession(base, connector=connector) as client,
        client.get(path) as answer,
    ):
        return answer.status, await answer.json()


def client_context(root, file=None):
    context = ssl.create_default_context(cadata=root.pem)
    if file:
        context.load_cert_chain(file)
    return context


async def test_a_request_arrives_whole(tmp_path):
    async with (
        serving(tmp_path) as (client, _),
        client.post("/open?a=1", data=b"hello") as answer,
    ):
        found = await answer.json()

    assert answer.status == 200
    assert (found["query"], found["body"], found["address"]) == ({"a": "1"}, "hello", "unix")


async def test_a_long_answer_comes_whole_and_says_how_long_it_is(tmp_path):
    body = bytes(range(256)) * 12_000

    async def long(_request):
        return Response(body=body)

    routes = [Route(method="GET", path="/long", allow=Public.HEALTH, handler=long)]
    async with serving(tmp_path, routes=routes) as (client, _):
        async with client.get("/long") as answer:
            found = await answer.read()
            length = answer.headers["Content-Length"]
        async with client.head("/long") as head:
            assert head.headers["Content-Length"] == length

    assert found == body
    assert int(length) == len(body)


async def test_an_action_needs_somebody_and_the_right(tmp_path):
    statuses = []
    async with serving(tmp_path) as (client, _):
        for name in ("", "bob", "ada"):
            headers = {"X-Name": name} if name else {}
            async with client.get("/nodes/7", headers=headers) as answer:
                statuses.append(answer.status)
                found = await answer.json()

    assert statuses == [401, 403, 200]
    assert (found["actor"], found["match"]) == ("ada", {"id": "7"})


async def test_a_dangerous_deed_is_refused_to_a_stale_session_before_the_handler(tmp_path):
    ada, stale = {"X-Name": "ada"}, {"X-Name": "ada", "X-Stale": "1"}
    async with serving(tmp_path) as (client, _):
        async with client.post("/danger", headers=ada) as answer:
            assert answer.status == 200
        async with client.post("/danger", headers=stale) as answer:
            found = await answer.json()

    assert (answer.status, found["error"]["code"]) == (403, "step_up_required")


async def test_without_a_certificate_nobody_is_a_peer(tmp_path):
    async with serving(tmp_path) as (client, _), client.get("/peer") as answer:
        assert answer.status == 401


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/refuse", 409, "conflict"),
        ("/nowhere", 404, "not_found"),
        ("/nodes", 405, "method_not_allowed"),
        ("/echo", 426, "upgrade_required"),
        ("/told", 409, "conflict"),
    ],
)
async def test_errors_have_one_shape(tmp_path, path, status, code):
    async with serving(tmp_path) as (client, _), client.get(path) as answer:
        found = await answer.json()

    assert (answer.status, found["error"]["code"]) == (status, code)


async def test_try_later_says_when(tmp_path):
    async with serving(tmp_path) as (client, _), client.get("/busy") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "7")


async def test_a_bug_tells_the_caller_a_reference_and_the_log_the_rest(tmp_path, caplog):
    async with serving(tmp_path) as (client, _), client.get("/break") as answer:
        text = (await answer.json())["error"]["text"]

    reference = caplog.records[-1].reference
    assert answer.status == 500
    assert "secret detail" not in text
    assert reference in text
    assert "secret detail" in caplog.text


async def test_a_body_over_the_limit_is_refused(tmp_path):
    async with (
        serving(tmp_path) as (client, _),
        client.post("/open", data=b"x" * 101) as answer,
    ):
        assert answer.status == 413


async def test_a_body_of_unknown_length_is_cut_at_the_limit(tmp_path):
    async def parts():
        for _ in range(20):
            yield b"x" * 10

    async with serving(tmp_path) as (client, _), client.post("/open", data=parts()) as answer:
        assert answer.status == 413


async def test_a_stranger_is_refused_before_the_body_is_read(tmp_path):
    async with serving(tmp_path):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        writer.write(b"POST /nodes HTTP/1.1\r\nHost: hub\r\nContent-Length: 1000\r\n\r\n")
        status = await reader.readline()
        writer.close()

    assert b"401" in status


async def test_a_body_that_does_not_come_is_given_up(tmp_path):
    async with serving(tmp_path, body=timedelta(milliseconds=20)):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        writer.write(b"POST /open HTTP/1.1\r\nHost: hub\r\nContent-Length: 5\r\n\r\n")
        status = await reader.readline()
        writer.close()

    assert b"408" in status


async def test_headers_that_trickle_are_cut_off(tmp_path):
    async with serving(tmp_path, idle=timedelta(milliseconds=20)):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        writer.write(b"GET /open HTTP/1.1\r\nHost: hub\r\n")

        assert await reader.read() == b""
        writer.close()


@pytest.mark.parametrize(
    "data",
    [
        b"\x00garbage\r\n\r\n",
        b"GET /open HTTP/1.1\r\nHost: hub\r\nCookie : secret\r\n\r\n",
        b"POST /open HTTP/1.1\r\nHost: hub\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_neither_repeated_nor_logged(tmp_path, caplog, data):
    async with serving(tmp_path):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        writer.write(data)
        answer = await reader.read()
        writer.close()

    assert b" 400 " in answer.splitlines()[0]
    assert b"\r\nServer: muster\r\n" in answer
    assert answer.endswith(
        b'{"error":{"code":"protocol_error","text":"this is no HTTP request that can be read"}}'
    )
    assert not caplog.records


async def test_too_long_headers_are_refused(tmp_path):
    async with (
        serving(tmp_path, header_bytes=1000) as (client, _),
        client.get("/open", headers={"X-Long": "x" * 2000}) as answer,
    ):
        assert answer.status == 400


async def test_a_program_that_waits_for_continue_gets_it(tmp_path):
    async with (
        serving(tmp_path) as (client, _),
        client.post("/open", data=b"hello", expect100=True) as answer,
    ):
        assert (await answer.json())["body"] == "hello"


async def test_a_long_answer_is_streamed(tmp_path):
    async with serving(tmp_path) as (client, _), client.get("/stream") as answer:
        assert await answer.read() == b"one\ntwo\n"


async def test_a_handler_can_be_told_when_who_asks_goes_away(tmp_path):
    begun, gone, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def wait(request: Request) -> Response:
        request.when_gone(gone.set)
        begun.set()
        await gone.wait()
        done.set()
        return json_response(None)

    async def at_once(request: Request) -> Response:
        request.when_gone(begun.clear)
        return json_response(None)

    routes = [
        Route(method="GET", path=path, allow=Public.HEALTH, handler=handler)
        for path, handler in (("/wait", wait), ("/at-once", at_once))
    ]
    async with serving(tmp_path, routes=[*ROUTES, *routes]) as (client, _):
        _reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        writer.write(b"GET /wait HTTP/1.1\r\nHost: hub\r\n\r\n")
        await begun.wait()
        writer.close()
        await writer.wait_closed()
        await done.wait()
        async with client.get("/at-once") as answer:
            assert answer.status == 200

    assert begun.is_set()  # who goes away with an answer is of no interest any more


async def test_every_answer_to_a_browser_carries_the_policy(tmp_path):
    async with serving(tmp_path, browser=True) as (client, _):
        for path in ("/open", "/nowhere", "/break"):
            async with client.get(path) as answer:
                assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
                assert answer.headers["Server"] == "muster"


@pytest.mark.parametrize("abandonable", [True, False])
async def test_who_goes_away_takes_along_only_what_others_work_for(tmp_path, abandonable):
    begun, ended, go_on, told = asyncio.Event(), asyncio.Event(), asyncio.Event(), []

    async def wait(request: Request) -> Response:
        begun.set()
        try:
            await go_on.wait()
            told.append("done")
        except asyncio.CancelledError:
            told.append("cancelled")
            raise
        finally:
            ended.set()
        return json_response(None)

    route = Route(
        method="GET",
        path="/wait",
        allow=Public.HEALTH,
        handler=wait,
        abandonable=abandonable,
    )
    async with serving(tmp_path, routes=[*ROUTES, route]) as (client, _):
        _reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        writer.write(b"GET /wait HTTP/1.1\r\nHost: hub\r\n\r\n")
        await begun.wait()
        writer.close()
        await writer.wait_closed()
        if not abandonable:
            async with client.get("/open") as answer:
                assert answer.status == 200
            go_on.set()
        await ended.wait()

        assert told == (["cancelled"] if abandonable else ["done"])
        async with client.get("/open") as answer:
            assert answer.status == 200


FOREIGN = [
    Route(method="GET", path="/env", allow=Public.PROOF, handler=who, foreign=True),
    Route(method="PUT", path="/claim", allow=Public.PROOF, handler=who, foreign=True),
    Route(method="GET", path="/mqtt", allow=Public.PROOF, socket=echo, foreign=True),
]


async def test_other_programs_agents_get_bare_answers_and_close_by_themselves(tmp_path):
    async with serving(tmp_path, routes=[*ROUTES, *FOREIGN], browser=True) as (client, _):
        for method, path in (("GET", "/env"), ("PUT", "/claim")):
            async with client.request(method, path, headers={"Origin": ""}) as answer:
                known = {name.lower() for name in answer.headers}

            assert answer.status == 200
            assert known <= {"server", "date", "content-type", "content-length"}


async def test_only_other_programs_agents_may_send_an_origin_of_no_page_with_a_socket(tmp_path):
    made_up = "http://example.com"
    async with serving(tmp_path, routes=[*ROUTES, *FOREIGN], browser=True) as (client, _):
        for origin in ("", made_up):
            async with client.ws_connect("/mqtt", headers={"Origin": origin}) as socket:
                await socket.close()
        for path, origin in (("/mqtt", "https://evil.example"), ("/echo", ""), ("/echo", made_up)):
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await client.ws_connect(path, headers={"Origin": origin})


async def test_another_sites_page_cannot_change_anything(tmp_path):
    headers = {"Sec-Fetch-Site": "cross-site", "Cookie": "session=ada"}
    async with (
        serving(tmp_path, browser=True) as (client, _),
        client.post("/nodes", headers=headers) as answer,
    ):
        assert answer.status == 403


async def test_another_sites_page_cannot_open_a_socket(tmp_path):
    async with serving(tmp_path, browser=True) as (client, _):
        with pytest.raises(aiohttp.WSServerHandshakeError) as error:
            await client.ws_connect("/echo", origin="https://evil.example")

    assert error.value.status == 403


async def test_messages_go_both_ways(tmp_path):
    async with serving(tmp_path) as (client, _), client.ws_connect("/echo") as socket:
        await socket.send_bytes(b"\x00\x01")
        await socket.send_str("text")

        assert await socket.receive_bytes() == b"\x00\x01"
        assert await socket.receive_str() == "text"
        await socket.send_str("backlog")
        assert await socket.receive_str() == "0"


@pytest.mark.parametrize(
    ("message", "code", "reason"), [("refuse", 1008, "denied"), ("break", 1011, "internal error")]
)
async def test_a_socket_closes_with_its_reason(tmp_path, message, code, reason):
    async with serving(tmp_path) as (client, _), client.ws_connect("/echo") as socket:
        await socket.send_str(message)
        closing = await socket.receive()

    assert (closing.type, closing.data) == (aiohttp.WSMsgType.CLOSE, code)
    assert reason in closing.extra
    assert "secret detail" not in closing.extra


async def test_a_message_over_the_limit_ends_the_socket(tmp_path):
    async with serving(tmp_path) as (client, _), client.ws_connect("/echo") as socket:
        await socket.send_bytes(b"x" * 1001)

        assert (await socket.receive()).data == 1009


async def test_more_connections_than_places_are_turned_away(tmp_path):
    async with (
        serving(tmp_path, connections=1) as (client, listener),
        client.ws_connect("/echo"),
    ):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        assert await reader.read() == b""
        writer.close()

        assert (listener.admission.held, listener.admission.refused) == (1, 1)


async def test_a_place_is_given_back_when_a_connection_ends(tmp_path):
    async with serving(tmp_path, connections=1) as (client, listener):
        for _ in range(3):
            async with client.get("/open", headers={"Connection": "close"}) as answer:
                assert answer.status == 200
            await until(lambda: not listener.admission.held)


async def test_a_stop_lets_a_request_finish_and_closes_sockets(tmp_path):
    async with serving(tmp_path) as (client, listener):
        socket = await client.ws_connect("/echo")
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        writer.write(b"POST /open HTTP/1.1\r\nHost: hub\r\nContent-Length: 5\r\n\r\nhe")
        await until(lambda: listener.admission.held == 2)
        await asyncio.sleep(0.01)
        listener.stop()
        closing = await socket.receive()
        writer.write(b"llo")
        answer = await reader.read()
        writer.close()

    assert (closing.type, closing.data) == (aiohttp.WSMsgType.CLOSE, 1001)
    assert b"200 OK" in answer
    assert b'"body":"hello"' in answer


async def test_a_shut_listener_takes_nobody_else_and_keeps_whom_it_has(tmp_path):
    async with serving(tmp_path) as (client, listener):
        socket = await client.ws_connect("/echo")
        listener.shut()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(OSError):
            await asyncio.open_unix_connection(str(tmp_path / "s"))
        await socket.send_str("still here")

        assert (await socket.receive()).data == "still here"


async def test_the_certificate_says_who_the_peer_is(tmp_path):
    root = certificates.Issuer()
    server = root.issue(tmp_path, "server")
    agent = root.issue(tmp_path, "agent", uri=NODE, usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    async with serving_tls(server_context(server, clients=root.pem)) as base:
        status, found = await ask(base, "/peer", client_context(root, agent))

    assert (status, found["peer"], found["address"]) == (200, NODE, "127.0.0.1")


async def test_a_certificate_of_no_node_is_nobody(tmp_path):
    root = certificates.Issuer()
    server = root.issue(tmp_path, "server")
    other = root.issue(tmp_path, "other", usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    async with serving_tls(server_context(server, clients=root.pem)) as base:
        status, _ = await ask(base, "/peer", client_context(root, other))

    assert status == 401


@pytest.mark.parametrize("kind", ["none", "foreign", "server"])
async def test_without_the_right_certificate_there_is_no_connection(tmp_path, kind, caplog):
    caplog.set_level(logging.INFO, "muster.net.refused")
    root, foreign = certificates.Issuer(), certificates.Issuer("foreign root")
    server = root.issue(tmp_path, "server")
    file = None
    if kind == "foreign":
        file = foreign.issue(tmp_path, "x", uri=NODE, usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    elif kind == "server":
        file = root.issue(tmp_path, "x", uri=NODE)
    async with serving_tls(server_context(server, clients=root.pem)) as base:
        with pytest.raises(aiohttp.ClientError):
            await ask(base, "/peer", client_context(root, file))

    (line,) = caplog.records
    assert (line.message, line.network) == ("client certificate refused", "127.0.0.0/24")


async def test_agents_listeners_speak_tls_1_3_alone(tmp_path):
    root = certificates.Issuer()
    context = client_context(root)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with serving_tls(server_context(root.issue(tmp_path, "server"))) as base:
        with pytest.raises(aiohttp.ClientError):
            await ask(base, "/open", context)


async def test_certificate_and_anchors_are_swapped_while_running(tmp_path):
    root, other = certificates.Issuer(), certificates.Issuer("next root")
    agent = root.issue(tmp_path, "agent", uri=NODE, usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    following = other.issue(tmp_path, "next", uri=NODE, usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    swap = SwapContext(server_context(root.issue(tmp_path, "a"), clients=root.pem))
    async with serving_tls(swap.entry) as base:
        before, _ = await ask(base, "/peer", client_context(root, agent))
        swap.swap(server_context(other.issue(tmp_path, "b"), clients=other.pem))
        after, _ = await ask(base, "/peer", client_context(other, following))
        with pytest.raises(aiohttp.ClientError):
            await ask(base, "/peer", client_context(other, agent))

    assert (before, after) == (200, 200)


async def test_silent_handshakes_count_and_are_given_up(tmp_path):
    root = certificates.Issuer()
    sockets = bind_tcp(["127.0.0.1"], 0, "listen.port_base")
    listener = Listener(
        name="test",
        routes=ROUTES,
        sockets=sockets,
        settings=ListenerSettings(handshake=timedelta(milliseconds=30)),
        authenticate=authenticate,
        authorize=authorize,
        context=server_context(root.issue(tmp_path, "server")),
    )
    async with asyncio.TaskGroup() as jobs:
        jobs.create_task(listener.run())
        with socket.create_connection(sockets[0].getsockname()):
            await until(lambda: listener.admission.held)
            await until(lambda: not listener.admission.held)
        listener.stop()


async def test_a_route_looks_at_a_request_before_its_body_is_read(tmp_path):
    async def look(request):
        if "x-name" not in request.headers:
            raise Denied("who are you?")
        return request.headers["x-name"]

    async def answer(request):
        return json_response([request.admitted, len(request.body)])

    route = Route(
        method="POST", path="/w", allow=Public.PROOF, handler=answer, before=look, max_body_bytes=10
    )
    async with serving(tmp_path, routes=[route]) as (client, _):
        refused = await client.post("/w", data=b"x" * 100)
        taken = await client.post("/w", data=b"xyz", headers={"X-Name": "ada"})

        assert refused.status == 403
        assert await taken.json() == ["ada", 3]


async def test_a_listener_may_tell_errors_in_the_words_of_another_program(tmp_path):
    def worded(headers, error):
        name = headers.get("x-name", "")
        return Response(status=error.status, body=f"{name}: {type(error).__name__}".encode())

    async with serving(tmp_path, refuse=worded) as (client, _):
        told = []
        for path in ("refuse", "break", "nothing"):
            answer = await client.get(f"/{path}", headers={"X-Name": "ada"})
            told.append((answer.status, await answer.text()))
        large = await client.post("/open", data=b"x" * 101)

        assert told == [(409, "ada: Conflict"), (500, "ada: InternalError"), (404, "ada: NotFound")]
        assert (large.status, await large.text()) == (413, ": LimitExceeded")


def instant(request: Request) -> Response | None:
    return Response(body=b"at once") if request.query.get("now") else None


INSTANT = Route(
    method="GET", path="/instant", allow=Public.CREDENTIALS, handler=who, at_once=instant
)


async def test_a_connection_is_answered_at_once_and_the_ordinary_way_in_turns(tmp_path):
    bodies = []
    async with serving(tmp_path, routes=[INSTANT]) as (client, _):
        for query in ("?now=1", "", "?now=1", "?now=1&now=2", "?now=1"):
            async with client.get(f"/instant{query}") as answer:
                bodies.append(await answer.text())

    assert [body == "at once" for body in bodies] == [True, False, True, False, True]


async def test_requests_in_pieces_and_behind_each_other_keep_their_order(tmp_path):
    plain, now = (b"GET /instant%s HTTP/1.1\r\nHost: a\r\n\r\n" % q for q in (b"", b"?now=1"))
    async with serving(tmp_path, routes=[INSTANT]):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        writer.write(now + plain[:20])
        first = await reader.readuntil(b'"address"')  # the one with `now` went the ordinary way
        writer.write(plain[20:] + now)
        rest = await reader.readuntil(b'{"now":"1"}')
        writer.close()

    assert first.count(b"HTTP/1.1 200 OK") == 1
    assert rest.count(b"HTTP/1.1 200 OK") == 2


async def test_browsers_listeners_answer_nothing_at_once(tmp_path):
    async with (
        serving(tmp_path, routes=[INSTANT], browser=True) as (client, _),
        client.get("/instant?now=1") as answer,
    ):
        assert "at once" not in await answer.text()


async def test_over_tls_the_peer_is_known_to_what_is_answered_at_once(tmp_path):
    def peer(request: Request) -> Response:
        return Response(body=(request.peer.uri if request.peer else "nobody").encode() * 1_000)

    route = Route(method="GET", path="/i", allow=Public.CREDENTIALS, handler=who, at_once=peer)
    root = certificates.Issuer()
    server = root.issue(tmp_path, "server")
    agent = root.issue(tmp_path, "agent", uri=NODE, usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    bodies = []
    async with (
        serving_tls(server_context(server, clients=root.pem), [route]) as base,
        aiohttp.ClientSession(
            base, connector=aiohttp.TCPConnector(ssl=client_context(root, agent))
        ) as client,
    ):
        for _ in range(3):
            async with client.get("/i") as answer:
                bodies.append(await answer.read())

    # The first may come with the end of the handshake, before anybody waits for it.
    assert bodies[1:] == [NODE.encode() * 1_000] * 2
