"""GPUs of NVIDIA, from `nvidia-smi -q -x`.

Every ten seconds: one run takes 30 to 300 ms, most of it in the driver. What a GPU does not
have ("N/A") is left out.

Source: nvidia-smi(1), nvsmi_device_v11.dtd and _v12.dtd; Telegraf's nvidia_smi
Golden: tests/golden/collectors/*/expected/nvidia_smi.json
"""

from collections.abc import Iterable, Mapping

from muster.collectors.api import Collector, Command, Measurement, Sample, fields, parsing, real
from muster.errors import InputError
from muster.model.metric import Kind, Point, Value

NAME = "nvidia_smi"
MAX_GPUS = 64
_MAX_DEPTH, _MAX_TEXTS = 16, 100_000

# Field -> where its number is.
INTEGERS = {
    "utilization_gpu": "utilization/gpu_util",
    "utilization_memory": "utilization/memory_util",
    "utilization_encoder": "utilization/encoder_util",
    "utilization_decoder": "utilization/decoder_util",
    "memory_total": "fb_memory_usage/total",
    "memory_used": "fb_memory_usage/used",
    "memory_free": "fb_memory_usage/free",
    "memory_reserved": "fb_memory_usage/reserved",
    "temperature_gpu": "temperature/gpu_temp",
    "fan_speed": "fan_speed",
    "clocks_current_graphics": "clocks/graphics_clock",
    "clocks_current_sm": "clocks/sm_clock",
    "clocks_current_memory": "clocks/mem_clock",
    "clocks_current_video": "clocks/video_clock",
    "pcie_link_gen_current": "pci/pci_gpu_link_info/pcie_gen/current_link_gen",
    "pcie_link_width_current": "pci/pci_gpu_link_info/link_widths/current_link_width",
    "encoder_stats_session_count": "encoder_stats/session_count",
    "encoder_stats_average_fps": "encoder_stats/average_fps",
    "encoder_stats_average_latency": "encoder_stats/average_latency",
    "fbc_stats_session_count": "fbc_stats/session_count",
    "fbc_stats_average_fps": "fbc_stats/average_fps",
    "fbc_stats_average_latency": "fbc_stats/average_latency",
}
# Of several places the first that has one: versions of the program differ.
REALS = {
    "power_draw": (
        "power_readings/power_draw",
        "gpu_power_readings/power_draw",
        "gpu_power_readings/instant_power_draw",
    ),
}
TAGS = {
    "name": "product_name",
    "uuid": "uuid",
    "compute_mode": "compute_mode",
    "pstate": "performance_state",
}


def collect(sample: Sample, _previous: Sample | None) -> Iterable[Point]:
    """Yield one `nvidia_smi` point per GPU."""
    text = sample.texts.get(NAME)
    if text is None:
        return
    gpus, whole = _read(text)
    texts = {
        name: whole[name] for name in ("driver_version", "cuda_version") if _is_told(whole, name)
    }
    for index, gpu in enumerate(gpus):
        with parsing(NAME, text):
            found = _fields(gpu)
        tags = {"index": str(index)}
        tags |= {name: gpu[place] for name, place in TAGS.items() if _is_told(gpu, place)}
        yield Point(NAME, found | texts, sample.time_ns, tags)


def _is_told(texts: Mapping[str, str], place: str) -> bool:
    return texts.get(place, "") not in ("", "N/A", "[N/A]", "[Not Supported]", "Requested")


def _fields(gpu: Mapping[str, str]) -> dict[str, Value]:
    """Errors: ValueError for a number of another form."""
    found: dict[str, Value] = {}
    for name, place in INTEGERS.items():
        if _is_told(gpu, place):
            found[name] = int(gpu[place].split()[0].rstrip("x"))
    for name, ways in REALS.items():
        for place in [each for each in ways if _is_told(gpu, each)][:1]:
            found[name] = real(gpu[place].split()[0].encode())
    return found


def _read(text: bytes) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The texts of each GPU, and of the log itself, by the path of their elements.

    Nothing that a document may define for itself is taken: no entities, no outside parts.
    Errors: InputError.
    """
    from xml.parsers import expat  # most machines have no GPU

    log = _Log()
    parser = expat.ParserCreate()
    parser.StartElementHandler = log.begin
    parser.EndElementHandler = log.end
    parser.CharacterDataHandler = log.data.append
    parser.EntityDeclHandler = log.refuse
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise InputError(f"{NAME}: unexpected shape {text[:200]!r}") from error
    return log.gpus, log.whole


class _Log:
    """Gathers texts by the path of their elements."""

    def __init__(self) -> None:
        self.gpus: list[dict[str, str]] = []
        self.whole: dict[str, str] = {}
        self.data: list[str] = []
        self._path: list[str] = []
        self._seen = 0

    def begin(self, name: str, _attributes: dict[str, str]) -> None:
        self._path.append(name)
        self.data.clear()
        if self._path[1:] == ["gpu"]:
            self.gpus.append({})
        if len(self._path) > _MAX_DEPTH or len(self.gpus) > MAX_GPUS:
            raise InputError(f"{NAME}: nested too deep, or more than {MAX_GPUS} GPUs")

    def end(self, _name: str) -> None:
        self._seen += 1
        if self._seen > _MAX_TEXTS:
            raise InputError(f"{NAME}: more than {_MAX_TEXTS} elements")
        value = "".join(self.data).strip()
        self.data.clear()
        if value and self._path[1:2] == ["gpu"]:
            self.gpus[-1].setdefault("/".join(self._path[2:]), value)
        elif value:
            self.whole.setdefault("/".join(self._path[1:]), value)
        self._path.pop()

    def refuse(self, *_: object) -> None:
        raise InputError(f"{NAME}: a document that defines entities")


COLLECTOR = Collector(
    name=NAME,
    sources=(Command(NAME, ("nvidia-smi", "-q", "-x"), needs="/usr/bin/nvidia-smi"),),
    collect=collect,
    interval_s=10,
    needs=("/usr/bin/nvidia-smi",),
    measurements=(
        Measurement(
            name=NAME,
            tags=("index",),
            some_tags=tuple(TAGS),
            fields=(
                *fields(
                    Kind.INTEGER,
                    "percent",
                    "utilization_gpu utilization_memory utilization_encoder utilization_decoder"
                    " fan_speed",
                ),
                *fields(
                    Kind.INTEGER, "MiB", "memory_total memory_used memory_free memory_reserved"
                ),
                *fields(Kind.INTEGER, "degrees Celsius", "temperature_gpu"),
                *fields(
                    Kind.INTEGER,
                    "MHz",
                    "clocks_current_graphics clocks_current_sm clocks_current_memory"
                    " clocks_current_video",
                ),
                *fields(Kind.INTEGER, "generation", "pcie_link_gen_current"),
                *fields(Kind.INTEGER, "lanes", "pcie_link_width_current"),
                *fields(
                    Kind.INTEGER,
                    "count; microseconds of latency",
                    "encoder_stats_session_count encoder_stats_average_fps"
                    " encoder_stats_average_latency fbc_stats_session_count fbc_stats_average_fps"
                    " fbc_stats_average_latency",
                ),
                *fields(Kind.FLOAT, "watts", "power_draw"),
                *fields(Kind.STRING, "text", "driver_version cuda_version"),
            ),
        ),
    ),
)
