"""After a claim in Netdata's words: the same node gets a native certificate, for our own link.

Steps:
 1. a fresh P-256 key waits in adoption.pending; a repeated wish is the same wish
 2. the request is signed with the claimed RSA key: who claimed is who asks
 3. what came is checked and put in force; then it is written down whose claim it was
Who calls it holds the agent's folder, and has let go of the identity that was there.
A cloud that is no hub answers 404: then the agent is claimed, with no link.

Source: docs/faces/netdata.md ("Adoption")
"""

import msgspec

from muster.agent.joining.credential import Certified, drop_pending, pending_key, put_in_force
from muster.agent.joining.identity import is_claimed, load_identity, remove_identity
from muster.agent.joining.revoked import forget_revocation
from muster.agent.netdata.adopted import Adopted, Ending, read_adopted, write_adopted
from muster.agent.netdata.claiming import Place, path_of, way_to
from muster.agent.netdata.ini import is_on
from muster.agent.netdata.outcome import ClaimFailed
from muster.agent.netdata.rsakeys import prove_adoption
from muster.agent.netdata.sources import base_url_of
from muster.clock import Clock
from muster.errors import MusterError
from muster.net.client import Answer, refusal_of
from muster.pki import keys

_WHAT = "adoption"
_LIMIT_S = 20.0
_MAX_BYTES = 256 << 10
_NO_SUCH_THING = (404, 405, 501)
_OVER = (403, 410)


class _Wish(msgspec.Struct, frozen=True):
    request: str
    proof: str


class _Given(msgspec.Struct, frozen=True, kw_only=True):
    node: str
    chain: str
    anchors: str
    agents: str
    name: str = ""


async def adopt(place: Place, clock: Clock) -> Adopted:
    """Ask for a link of our own, and put it in force.

    Errors: ClaimFailed (2), UnfitCertificate, DiskRefused, PermissionRefused: nothing changed.
    """
    cloud = place.cloud
    conf = cloud.read_conf()
    claim_id = cloud.read_claim_id()
    url = base_url_of(conf)
    # 1
    key = pending_key(place.data, _WHAT, claim_id)
    request = keys.make_request(key)
    # 2
    wish = _Wish(request=request, proof=prove_adoption(cloud, claim_id, request))
    try:
        insecure = is_on(conf.get("insecure", "no"), otherwise=False)
        way = way_to(place, url, place.proxy, insecure=insecure)
        answer = await way.ask(
            "PUT",
            f"{path_of(claim_id)}/certificate",
            msgspec.json.encode(wish),
            {},
            limit_s=_LIMIT_S,
            max_bytes=_MAX_BYTES,
        )
    except ClaimFailed as error:
        return _end(place, claim_id, url, Ending.LATER, str(error))
    if answer.status != 200:
        return _end(place, claim_id, url, _ending_of(answer), _why(answer))
    try:
        given = msgspec.json.decode(answer.body, type=_Given)
    except msgspec.DecodeError:  # a cloud that answers 200 to whatever it is asked
        return _end(place, claim_id, url, Ending.FOREIGN, "its answer is no hub's")
    # 3
    _make_room(place, given.node)
    # Before it is in force: a kill in between must not make it look like another's.
    _end(place, claim_id, url, Ending.LATER, "begun", node=given.node)
    identity = put_in_force(
        place.data,
        key=key,
        certified=Certified(chain=given.chain, anchors=given.anchors),
        name=given.name or conf.get("hostname", "") or place.hostname,
        agents=given.agents,
        claimed_ns=clock.now_ns(),
    )
    drop_pending(place.data, _WHAT)
    forget_revocation(place.data)
    return _end(place, claim_id, url, Ending.ADOPTED, "", node=identity.node.node)


def _ending_of(answer: Answer) -> Ending:
    if answer.status in _NO_SUCH_THING:
        # A hub says in its own form that it does not know this claim: it did once.
        return Ending.REFUSED if refusal_of(answer)[0] else Ending.FOREIGN
    return Ending.REFUSED if answer.status in _OVER else Ending.LATER


def _why(answer: Answer) -> str:
    return refusal_of(answer)[1] or f"it answers {answer.status}"


def _make_room(place: Place, node: str) -> None:
    """Another node's identity goes with what it has not sent: that is nothing this hub may have."""
    try:
        other = load_identity(place.data).node.node != node
    except MusterError:
        other = is_claimed(place.data)
    if other:
        remove_identity(place.data)


def _end(
    place: Place, claim_id: str, url: str, ending: Ending, text: str, node: str = ""
) -> Adopted:
    """Write down how it ended. An identity of an earlier claim stays marked as one."""
    before = read_adopted(place.data)
    kept = node or (before.node if before and is_claimed(place.data) else "")
    adopted = Adopted(claim_id=claim_id, url=url, ending=ending, node=kept, text=text)
    write_adopted(place.data, adopted)
    return adopted
