"""What is told of a link is the same to who reads it as JSON."""

import msgspec

from muster.agent.linking.linkstatus import LinkState, LinkStatus


def test_a_status_is_read_as_it_was_told():
    for state in LinkState:
        told = LinkStatus(state=state, since_ns=5, cause="away", retry_s=2.5)

        assert msgspec.json.decode(msgspec.json.encode(told), type=LinkStatus) == told
