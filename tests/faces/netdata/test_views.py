"""What the routes show of what the link has told."""

import json

import msgspec
from agentdesk import CLAIM, MACHINE, FakeReach

from muster.faces.netdata.views import (
    AlertView,
    ContextView,
    RelativeView,
    alerts_view,
    contexts_view,
    info_view,
)
from muster.model.inventory import Node
from muster.wire.netdata.alarmconfig import AlarmConfiguration
from muster.wire.netdata.messages import (
    AlarmLogEntry,
    AlarmStatus,
    Capabilities,
    Capability,
    Collector,
    ContextUpdated,
    MlInfo,
    NodeInfo,
    UpdateNodeInfo,
)


def test_contexts_come_by_priority_and_their_version_is_exact():
    reach = FakeReach(
        None,
        contexts_version=(1 << 64) - 1,
        known=[
            ContextUpdated(id="disk.io", priority=200, first_entry=5, last_entry=9),
            ContextUpdated(
                id="system.cpu",
                title="CPU",
                units="%",
                family="cpu",
                chart_type="stacked",
                priority=100,
                first_entry=5,
            ),
        ],
    )
    view = contexts_view(reach)

    assert [(each.id, each.live) for each in view.contexts] == [
        ("system.cpu", True),
        ("disk.io", False),
    ]
    assert view.contexts[0] == ContextView(
        id="system.cpu",
        title="CPU",
        units="%",
        family="cpu",
        chart_type="stacked",
        priority=100,
        first_s=5,
        last_s=0,
        live=True,
    )
    assert view.version == "18446744073709551615"


def test_alerts_are_joined_with_what_they_are_made_of():
    entry = AlarmLogEntry(
        chart="system.cpu",
        name="cpu_usage",
        when=77,
        config_hash="h",
        status=AlarmStatus.WARNING,
        old_status=AlarmStatus.CLEAR,
        value=91.5,
        value_string="91.5 %",
        rendered_info="average over 10 minutes",
        chart_context="system.cpu",
        chart_name="system.cpu",
    )
    config = AlarmConfiguration(classification="Utilization", recipient="sysadmin", units="%")
    lost = msgspec.structs.replace(entry, name="a", value=float("nan"), config_hash="")
    view = alerts_view(
        FakeReach(None, current=[entry, lost], changes=[entry], configs={"h": config})
    )

    assert view.alerts[1] == view.log[0]
    assert view.log[0] == AlertView(
        name="cpu_usage",
        chart="system.cpu",
        context="system.cpu",
        status="warning",
        old_status="clear",
        value=91.5,
        value_text="91.5 %",
        since_s=77,
        info="average over 10 minutes",
        class_="Utilization",
        recipient="sysadmin",
        units="%",
    )
    shown = json.loads(msgspec.json.encode(view))["alerts"][0]
    assert (shown["name"], shown["value"], shown["class"]) == ("a", None, "")


def test_a_node_is_described_as_its_agent_does_and_with_relatives_one_may_see():
    info = UpdateNodeInfo(
        data=NodeInfo(
            name="web-1",
            os_name="Debian GNU/Linux",
            os_version="12",
            kernel_name="Linux",
            kernel_version="unknown",
            architecture="x86_64",
            cpus=4,
            cpu_frequency="2400000000",
            memory="8589934592",
            disk_space="much",
            version="v2.10.4",
            host_labels={"_os": "linux"},
        ),
        ml_info=MlInfo(ml_capable=True, ml_enabled=True),
        node_info=Capabilities((Capability("ml", 1, True), Capability("json", 2, False))),
    )
    reach = FakeReach(
        None,
        info=info,
        via="parent",
        hops=1,
        children=("c2", "hidden", "c1"),
        collectors=[Collector(module="/proc/stat", plugin="proc.plugin")],
    )
    known = {id: Node(id=id, space="s", name=name) for id, name in (("c1", "b"), ("c2", "a"))}
    view = info_view(reach, known.get)

    assert (view.machine, view.claim_id, view.hops) == (MACHINE, CLAIM, 1)
    assert view.parent is None
    assert view.children == [RelativeView("c2", "a"), RelativeView("c1", "b")]
    assert (view.os, view.kernel, view.cores) == ("Debian GNU/Linux 12", "Linux", 4)
    assert (view.cpu_hz, view.memory_bytes, view.disk_bytes) == (2_400_000_000, 8 << 30, 0)
    assert [(each.name, each.version) for each in view.capabilities] == [
        ("http_api_v2", 7),
        ("ml", 1),
    ]
    assert view.machine_learning
    assert view.labels == {"_os": "linux"}


def test_of_a_node_that_has_told_nothing_yet_nothing_is_made_up():
    view = info_view(FakeReach(None, capabilities={}), lambda node: None)

    assert (view.hostname, view.cores, view.capabilities) == ("", 0, [])
