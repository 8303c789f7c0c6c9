"""All routes together."""

from muster.faces.influx.face import face
from muster.net.http import Begun, Public, Repeat, Request, Response, Route


async def test_every_path_answers_what_a_page_of_another_site_may_ask(server):
    for path in {route.path for route in server.router.routes}:
        answer = await server.ask("OPTIONS", path, headers={"Origin": "http://x.example"})
        assert (answer.status, answer.body) == (200, b"")
        assert answer.headers["Access-Control-Allow-Origin"] == "http://x.example"


async def test_answers_have_the_headers_of_the_face(server):
    async def answer(request):
        return Response(headers={"X-Own": "1"})

    (route, options) = face(
        [Route(method="GET", path="/a", allow=Public.HEALTH, handler=answer, summary="a")]
    )
    told = (await route.handler(Request(method="GET", path="/a"))).headers

    assert options.method == "OPTIONS"
    assert told["X-Own"] == "1"
    assert told["X-Influxdb-Build"] == "OSS"


async def test_what_is_not_there_is_told_in_influxdbs_words(server):
    answer = await server.ask("GET", "/api/v2/setup")

    assert (answer.status, answer.body) == (404, b"404 page not found\n")
    assert "X-Influxdb-Version" in answer.headers


async def test_what_is_answered_at_once_has_the_same_headers_and_what_is_not_has_none():
    answers = [Response(), Begun("half"), None, None, Repeat((), list)]
    (route, _) = face(
        [
            Route(
                method="GET",
                path="/a",
                allow=Public.CREDENTIALS,
                handler=print,
                at_once=lambda request: answers.pop(0),
                again=lambda request: answers.pop(0),
            )
        ]
    )
    request = Request(method="GET", path="/a", headers={"request-id": "r1"})
    told = route.at_once(request).headers

    assert (told["X-Influxdb-Build"], told["Request-Id"]) == ("OSS", "r1")
    assert (route.at_once(request), route.at_once(request)) == (Begun("half"), None)
    assert route.again(request) is None
    assert "\r\nRequest-Id: r1\r\n" in route.again(request).stamp()
