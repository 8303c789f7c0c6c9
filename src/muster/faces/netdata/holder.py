"""Who is at the far end of an agent's link, in the words of core.holders.

A Netdata agent shows no mark of the machine that it runs on and no count of its starts. Two
machines with one claim are told apart by where they come from; two that come from one address
by the first being still there when the second connects.
"""

import hashlib

import msgspec

from muster.model.clone import CloneHolder, Holder


def holder_of(claim_id: str, address: str, now_ns: int) -> CloneHolder:
    """Who connects. The count is the time: it never goes back, so nobody seems restored."""
    instance = _digest(claim_id, address)
    holder = Holder(instance=instance, counter=now_ns, started_ns=now_ns)
    return CloneHolder(
        holder=holder, address=address, first_ns=now_ns, seen_ns=now_ns, can_fork=False
    )


def second_of(visitor: CloneHolder, first: CloneHolder) -> CloneHolder:
    """The visitor, told apart from who holds the link."""
    if visitor.holder.instance != first.holder.instance:
        return visitor
    other = _digest(visitor.holder.instance, "second")
    holder = msgspec.structs.replace(visitor.holder, instance=other)
    return msgspec.structs.replace(visitor, holder=holder)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
