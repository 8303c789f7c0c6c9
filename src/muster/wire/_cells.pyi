from array import array

def encode_times(times: array[int], time: int, step: int, fresh: bool) -> bytes: ...
def decode_times(
    data: bytes, at: int, rows: int, time: int, step: int, fresh: bool
) -> tuple[array[int], int]: ...
def encode_cells(
    index: array[int],
    kinds: bytes,
    values: array[int],
    present: bytes | None,
    last: array[int],
    modes: bytearray,
) -> bytes: ...
def decode_cells(
    data: bytes,
    at: int,
    index: array[int],
    kinds: bytes,
    rows: int,
    present: bytes | None,
    last: array[int],
    modes: bytearray,
    strings: int,
) -> tuple[array[int], int]: ...
def pack_bits(present: bytes) -> bytes: ...
def unpack_bits(data: bytes, at: int, cells: int) -> tuple[bytes, int]: ...
