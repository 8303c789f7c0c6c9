"""What both twins of wire/snappy.py refuse, in the same words, before any memory is spent."""

from muster.errors import InputError, LimitExceeded

LONGEST = (1 << 32) - 1  # a length is a number of 32 bits
_RATIO = 22  # a copy of 64 bytes takes three, so no block gives more for each of its bytes
_HEADER_BYTES = 5


def corrupt() -> InputError:
    """The refusal of what is no block."""
    return InputError("snappy: corrupt input")


def check_length(length: int, packed: int, limit: int) -> None:
    """What a block says of its length. Errors: InputError, LimitExceeded."""
    if length > _RATIO * packed + _HEADER_BYTES:
        raise corrupt()
    if length > limit:
        text = f"the body is over the limit of {limit} bytes: it unpacks to {length}"
        raise LimitExceeded(text, too_large=True)


def check_size(size: int) -> None:
    """The bytes to be packed. Errors: LimitExceeded."""
    if size > LONGEST:
        raise LimitExceeded(f"{size} bytes are too many for one block", too_large=True)
