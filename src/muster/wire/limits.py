"""How much one stream of frames may hold."""

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one chain of frames may hold; an encoder keeps to it, a decoder insists on it.

    A decoder's memory is bounded by these and not by what arrives. "Per chain" counts from
    the last key frame.
    """

    frame_bytes: int = 4 << 20  # one frame, compressed
    plain_bytes: int = 8 << 20  # one frame, decompressed: checked before it is
    blocks: int = 4_096  # per frame
    rows: int = 65_536  # per block
    cells: int = 1 << 20  # per frame: times and values, absent ones too
    columns: int = 65_536  # per layout
    layouts: int = 1_024  # per chain
    placed: int = 262_144  # per chain: columns of all layouts together
    series: int = 65_536  # per chain
    definition_bytes: int = 4 << 20  # per chain: groups as sent
    name_bytes: int = 1_024  # measurement, field, tag key or tag value
    tags: int = 64  # per series
    strings: int = 4_096  # per chain: different values of string columns
    string_bytes: int = 65_536  # one of them
    strings_bytes: int = 1 << 20  # per chain: all of them
