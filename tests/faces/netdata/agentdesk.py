"""A Netdata agent that answers by a table, at the end of a link that is none."""

import asyncio
import json

from muster.clock import ManualClock
from muster.faces.netdata.queries import Queries, QuerySettings
from muster.wire.netdata.query import HttpReply, encode_reply, parse_query
from muster.wire.netdata.topics import Topics

CLAIM = "0f6e1c52-9b1d-4f35-a7a3-53f0d7c0a911"
NODE = "0b0b0b0b-0000-4000-8000-000000000001"
MACHINE = "7b7f2c1e-1111-11ef-8000-0242ac110002"


class Desk:
    """What was asked, in order; answers come by `answer`, or by themselves from `answers`."""

    def __init__(self, *, is_near=False, **settings):
        self.clock = ManualClock()
        self.asked = []
        self.cancelled = []
        self.answers = None  # target -> (status, JSON), or a function of it
        self.refusal = None
        self.queries = Queries(
            topics=Topics(CLAIM),
            outlet=self,
            clock=self.clock,
            settings=QuerySettings(**settings),
            is_near=is_near,
        )

    def send_request(self, payload):
        if self.refusal is not None:
            raise self.refusal
        query = parse_query(payload)
        self.asked.append(query)
        if self.answers is not None:
            asyncio.get_running_loop().call_soon(self._answer_by_table, query)

    def send_command(self, message):
        self.cancelled.append(message.request_id)

    def _answer_by_table(self, query):
        found = self.answers(query.target) if callable(self.answers) else self.answers
        status, body = found if isinstance(found, tuple) else (200, found)
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.answer(query, body, status)

    def answer(self, query, body=b"{}", status=200, **given):
        reply = HttpReply(msg_id=query.msg_id, status=status, body=body, **given)
        self.queries.take_reply(query.msg_id, encode_reply(reply, encoding="gzip"))


class FakeReach:
    """A node behind a Desk; see faces/netdata/reach.py."""

    def __init__(self, desk, **given):
        self.node = NODE
        self.machine = MACHINE
        self.claim_id = CLAIM
        self.via = ""
        self.hops = 0
        self.children = ()
        self.queries = desk.queries if desk else None
        self.capabilities = {"http_api_v2": 7}
        self.info = None
        self.collectors = ()
        self.contexts_version = 1
        self.known = []
        self.current = []
        self.changes = []
        self.configs = {}
        for name, value in given.items():
            setattr(self, name, value)

    def contexts(self):
        return self.known

    def alerts(self):
        return self.current

    def alert_log(self):
        return self.changes

    def alert_config(self, config_hash):
        return self.configs.get(config_hash)
