"""Shapes of the Netdata routes' answers, made of what the link has told."""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from muster.faces.netdata.functions import FunctionView
from muster.faces.netdata.reach import Reach
from muster.model.ids import NodeId
from muster.model.inventory import Node
from muster.wire.netdata.alarmconfig import AlarmConfiguration
from muster.wire.netdata.messages import AlarmLogEntry, Capability


class ContextView(msgspec.Struct, frozen=True, kw_only=True):
    """A context: all charts of a node that show the same of different things.

    Units: times in seconds since 1970; `last_s` 0 while it is collected.
    """

    id: str
    title: str
    units: str
    family: str
    chart_type: str
    priority: int
    first_s: int
    last_s: int
    live: bool


class ContextsView(msgspec.Struct, frozen=True, kw_only=True):
    """All contexts of a node, by priority. `version` is a number in text: it is too large."""

    contexts: list[ContextView]
    version: str


class AlertView(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as it stands since `since_s`, or one of its changes. `value` null: not a number."""

    name: str
    chart: str
    context: str
    status: str
    old_status: str
    value: float | None
    value_text: str
    since_s: int
    info: str
    class_: str = msgspec.field(name="class")
    recipient: str
    units: str


class AlertsView(msgspec.Struct, frozen=True, kw_only=True):
    """The alerts of a node, and their changes, newest first."""

    alerts: list[AlertView]
    log: list[AlertView]


class FunctionsView(msgspec.Struct, frozen=True, kw_only=True):
    """What of the agent's functions can be run."""

    functions: list[FunctionView]


class CapabilityView(msgspec.Struct, frozen=True):
    name: str
    version: int


class CollectorView(msgspec.Struct, frozen=True):
    plugin: str
    module: str


class RelativeView(msgspec.Struct, frozen=True):
    """A parent, or a child behind this node."""

    id: str
    name: str


class InfoView(msgspec.Struct, frozen=True, kw_only=True):
    """What the agent tells of a node; numbers that it does not tell are 0."""

    machine: str
    claim_id: str
    hops: int
    parent: RelativeView | None
    children: list[RelativeView]
    hostname: str
    agent_version: str
    release_channel: str
    os: str
    kernel: str
    architecture: str
    virtualization: str
    container: str
    timezone: str
    cores: int
    cpu_hz: int
    memory_bytes: int
    disk_bytes: int
    labels: dict[str, str]
    collectors: list[CollectorView]
    capabilities: list[CapabilityView]
    machine_learning: bool


def contexts_view(reach: Reach) -> ContextsView:
    views = [
        ContextView(
            id=each.id,
            title=each.title,
            units=each.units,
            family=each.family,
            chart_type=each.chart_type,
            priority=each.priority,
            first_s=each.first_entry,
            last_s=each.last_entry,
            live=each.last_entry == 0,
        )
        for each in reach.contexts()
    ]
    views.sort(key=lambda view: (view.priority, view.id))
    return ContextsView(contexts=views, version=str(reach.contexts_version))


def alerts_view(reach: Reach) -> AlertsView:
    configs: dict[str, AlarmConfiguration | None] = {}

    def views(entries: Iterable[AlarmLogEntry]) -> list[AlertView]:
        for each in entries:
            if each.config_hash not in configs:
                configs[each.config_hash] = reach.alert_config(each.config_hash)
        return [_alert(each, configs[each.config_hash]) for each in entries]

    alerts = views(reach.alerts())
    alerts.sort(key=lambda alert: (alert.name, alert.chart))
    return AlertsView(alerts=alerts, log=views(reach.alert_log()))


def _alert(entry: AlarmLogEntry, config: AlarmConfiguration | None) -> AlertView:
    return AlertView(
        name=entry.name,
        chart=entry.chart_name or entry.chart,
        context=entry.chart_context,
        status=entry.status.name.lower(),
        old_status=entry.old_status.name.lower(),
        value=entry.value if entry.value == entry.value else None,
        value_text=entry.value_string,
        since_s=entry.when,
        info=entry.rendered_info or entry.summary or (config.info if config else ""),
        class_=config.classification if config else "",
        recipient=config.recipient if config else "",
        units=config.units if config else "",
    )


def info_view(reach: Reach, sees: Callable[[NodeId], Node | None]) -> InfoView:
    """`sees` finds the nodes that whoever asks may look at."""
    told = reach.info
    data = told.data if told is not None else None
    capabilities: tuple[Capability, ...] = ()
    if told is not None:
        for part in (told.node_info, told.node_instance_info):
            capabilities += part.capabilities if part is not None else ()
    known = {each.name: each.version for each in capabilities if each.enabled}
    ml = told.ml_info if told is not None else None
    return InfoView(
        machine=reach.machine,
        claim_id=reach.claim_id,
        hops=reach.hops,
        parent=next(_relatives([NodeId(reach.via)] if reach.via else [], sees), None),
        children=sorted(_relatives(reach.children, sees), key=lambda child: child.name),
        hostname=data.name if data else "",
        agent_version=data.version if data else "",
        release_channel=data.release_channel if data else "",
        os=_known(data.os_name, data.os_version) if data else "",
        kernel=_known(data.kernel_name, data.kernel_version) if data else "",
        architecture=data.architecture if data else "",
        virtualization=data.virtualization_type if data else "",
        container=data.container_type if data else "",
        timezone=data.timezone if data else "",
        cores=data.cpus if data else 0,
        cpu_hz=_number(data.cpu_frequency) if data else 0,
        memory_bytes=_number(data.memory) if data else 0,
        disk_bytes=_number(data.disk_space) if data else 0,
        labels=dict(data.host_labels) if data else {},
        collectors=[CollectorView(each.plugin, each.module) for each in reach.collectors],
        capabilities=[
            CapabilityView(name, version)
            for name, version in sorted({**reach.capabilities, **known}.items())
        ],
        machine_learning=bool(ml and ml.ml_enabled),
    )


def _relatives(
    nodes: Iterable[NodeId], sees: Callable[[NodeId], Node | None]
) -> Iterator[RelativeView]:
    for id in nodes:
        if (node := sees(id)) is not None:
            yield RelativeView(node.id, node.name)


def _known(*words: str) -> str:
    """Words of a description; agents say `unknown` for what they do not know."""
    return " ".join(word for word in words if word and word.lower() != "unknown")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
