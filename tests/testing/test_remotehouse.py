from muster.testing.remotehouse import RemoteServer
from muster.testing.remotewriting import series_v1


async def test_what_is_sent_can_be_looked_at():
    with RemoteServer() as server:
        answer = await server.send(series_v1({"__name__": "up"}, [(1.0, 1_700_000_000_000)]))

        assert answer.status == 204
        assert list(server.stored().values()) == [1.0]
