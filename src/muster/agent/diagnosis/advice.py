"""What happens by itself, and what a person may do, when the hub does not take this agent.

Keys are the codes of a link's status (`link.code` of `muster agent status --json`).
"""

_ANEW = (
    "join with a new token: muster agent unclaim, muster agent claim --force-new --token-file FILE"
)
_ASKED = "the agent has asked an administrator (muster approval list at the hub)"

# The hub did not answer at all: the doctor looks further, step by step.
AWAY = {
    "cannot_connect": "the agent tries again by itself and keeps what it gathers; if the hub is"
    " elsewhere now, say where: link.hub in the agent's settings, or MUSTER_LINK_HUB",
}
ADVICE = {
    "credential_expired": "check this machine's clock; if it is right, a running agent asks the hub"
    " for another certificate by itself",
    "credential_retired": "a newer certificate is in use: this folder is an old copy, or a copy"
    f" of it runs elsewhere; {_ASKED}; or {_ANEW}",
    "credential_unknown": f"the hub does not remember this certificate; {_ASKED}; or {_ANEW}",
    "recovery_waiting": "an administrator decides at the hub: muster approval list; the agent looks"
    " for the answer by itself",
    "recovery_failed": "the certificate has ended and the hub gave no other yet; the agent asks"
    " again by itself",
    "recovery_denied": f"an administrator said no; {_ANEW}",
    "identity_copied": "another machine works with a copy of this folder; an administrator decides"
    " at the hub: muster node clones, muster node fork",
    "identity_forked": "the hub said that this folder is a copy; the agent joins anew by itself",
    "node_revoked": f"an administrator revoked this node; if that was not meant, {_ANEW}",
    "node_unknown": f"an administrator removed this node; to have it back, {_ANEW}",
}
