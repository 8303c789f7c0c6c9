"""ICMP echo for both versions of IP: bytes, no sockets.

The kernel's datagram socket for ICMP puts in the identifier and lets through only its own
replies; checksum and the rest are ours.

Source: RFC 792, RFC 4443 section 4; Linux net/ipv4/ping.c.
"""

import struct

_HEAD = struct.Struct("!BBHHH")  # type, code, checksum, identifier, sequence
_ECHO = {4: 8, 6: 128}
_REPLY = {4: 0, 6: 129}
HEAD_BYTES = _HEAD.size


def format_echo(version: int, sequence: int, payload: bytes) -> bytes:
    """An echo request. IPv6's checksum covers addresses and is the kernel's business."""
    head = _HEAD.pack(_ECHO[version], 0, 0, 0, sequence)
    if version == 6:
        return head + payload
    return _HEAD.pack(_ECHO[version], 0, checksum(head + payload), 0, sequence) + payload


def parse_reply(version: int, data: bytes) -> tuple[int, bytes] | None:
    """Sequence and payload of an echo reply; None for anything else."""
    if len(data) < _HEAD.size:
        return None
    kind, code, _checksum, _identifier, sequence = _HEAD.unpack_from(data)
    if kind != _REPLY[version] or code:
        return None
    return sequence, data[_HEAD.size :]


def checksum(data: bytes) -> int:
    """The internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
