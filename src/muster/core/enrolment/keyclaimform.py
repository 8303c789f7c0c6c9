"""Claims by key (core/enrolment/keyclaims.py): what is asked, and the ways to be refused."""

from typing import NamedTuple

import msgspec

from muster.core.enrolment.tokenproof import Knock, SecretProof
from muster.core.names import check_name
from muster.errors import Denied, InputError, Unauthenticated
from muster.log import Secret
from muster.model.ids import TokenId, is_uuid
from muster.model.inventory import Node
from muster.model.keyclaim import KeyClaim
from muster.pki import rsakeys


class BadClaimId(InputError):
    """The claim's or the machine's id is no UUID."""

    code = "bad_claim_id"


class BadHostName(InputError):
    """The machine's name cannot be borne."""

    code = "bad_host_name"


class KeyShutOut(Denied):
    """The key or the claim id is of a node that is gone for good.

    `code` is node_revoked or node_removed.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class HubUnchecked(Denied):
    """Who claims did not check whose hub this is, and this hub lets in none of those."""

    code = "hub_not_checked"


class KeyClaimRefused(Unauthenticated):
    """A claim that opens no link.

    `code` is claim_unknown, node_revoked, node_removed or claim_replaced.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class KeyClaimRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine says to come in. Shapes: ids are UUIDs, lower case; `key` is PEM."""

    id: str
    dialect: str
    machine: str
    hostname: str
    token_id: TokenId
    secret: Secret
    key: str
    rooms: tuple[str, ...] = ()  # ids or names
    address: str = ""
    unchecked: bool = False  # it says that it did not check the hub's certificate


class ClaimedByKey(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it. `is_new`: there is a node that was not there before."""

    node: Node
    claim: KeyClaim
    is_new: bool


class Checked(NamedTuple):
    """A request whose texts are in their form."""

    request: KeyClaimRequest
    key: rsakeys.RsaKey
    name: str
    knock: Knock


def check(request: KeyClaimRequest) -> Checked:
    """Errors: BadClaimId, BadHostName, rsakeys.BadKey."""
    for id in (request.id, request.machine):
        if not is_uuid(id):
            raise BadClaimId(f"not a UUID in lower case: {id[:64]!r}")
    name = name_of(request.hostname)
    knock = Knock(
        token_id=request.token_id,
        proof=SecretProof(request.secret),
        hostname=name,
        address=request.address,
    )
    return Checked(request, rsakeys.check_key(request.key), name, knock)


def name_of(hostname: str) -> str:
    """The name of a node. Errors: BadHostName."""
    try:
        return check_name(hostname, "host name")
    except InputError as error:
        raise BadHostName(str(error)) from error
