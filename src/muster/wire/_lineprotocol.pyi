from muster.wire.lineparsed import LineLimits, Parsed

class CompiledLineParser:
    def __init__(self, limits: LineLimits) -> None: ...
    def parse(
        self, body: bytes, precision_ns: int, now_ns: int, uint_support: bool = False
    ) -> Parsed: ...
