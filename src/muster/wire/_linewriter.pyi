from typing import Any

from muster.model.metric import Block
from muster.wire.linewriter import Template

class CompiledWriter:
    def prepare(self, template: Template) -> Any: ...
    def bodies(self, prepared: Any, block: Block, most: int) -> list[tuple[bytes, int]]: ...
