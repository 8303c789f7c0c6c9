from muster.wire.lineparsed import LineLimits, Parsed
from muster.wire.widerows import Body

class CompiledLineParser:
    def __init__(self, limits: LineLimits) -> None: ...
    def parse(
        self, body: bytes, precision_ns: int, now_ns: int, uint_support: bool = False
    ) -> Parsed: ...
    def read(
        self, body: bytes, precision_ns: int, now_ns: int, uint_support: bool = False
    ) -> Body: ...
