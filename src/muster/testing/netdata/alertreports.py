"""Messages of an agent about its alerts, in the old dialect (1.37) and the one since.

Source: specification 6.2
"""

import uuid

from muster.testing.netdata.machine import Alert, Host
from muster.wire.netdata.alarmconfig import AlarmConfiguration
from muster.wire.netdata.messages import (
    AlarmLogEntry,
    AlarmSnapshot,
    AlarmStatus,
    ProvideAlarmConfiguration,
)

CHUNK = 1000
_STATUS = {
    "UNINITIALIZED": AlarmStatus.UNKNOWN,
    "REMOVED": AlarmStatus.REMOVED,
    "UNDEFINED": AlarmStatus.NOT_A_NUMBER,
    "CLEAR": AlarmStatus.CLEAR,
    "WARNING": AlarmStatus.WARNING,
    "CRITICAL": AlarmStatus.CRITICAL,
}


class AlertReports:
    """All such messages of one session."""

    def __init__(self, claim_id: str, *, old: bool) -> None:
        self._claim_id = claim_id
        self._old = old
        self.log_topic = "alarm-log" if old else "alarm-log-v2"
        self.snapshot_topic = "alarm-snapshot" if old else "alarm-snapshot-v2"

    def entry(self, host: Host, alert: Alert, batch: int = 0) -> AlarmLogEntry:
        """One transition. `batch` is what the hub of an agent of 1.37 asked for."""
        chart = host.chart(alert.chart)
        key = f"{host.machine_guid}/{alert.chart}/{alert.name}/{alert.event}"
        return AlarmLogEntry(
            node_id=host.node_id,
            claim_id=self._claim_id,
            chart=alert.chart,
            chart_name=alert.chart,
            name=alert.name,
            family=chart.family if chart and self._old else "",
            batch_id=batch if self._old else 0,
            sequence_id=alert.event if self._old else 0,
            when=alert.when,
            config_hash=alert.config_hash,
            timezone="UTC",
            exec_path="/usr/libexec/netdata/plugins.d/alarm-notify.sh",
            conf_source="line=1,file=simulated.conf",
            duration=60,
            status=_STATUS[alert.status],
            old_status=_STATUS[alert.old_status],
            value=alert.value,
            old_value=alert.old_value,
            value_string=f"{alert.value:g}{alert.units}",
            old_value_string=f"{alert.old_value:g}{alert.units}",
            rendered_info=alert.info,
            chart_context=alert.context,
            event_id=alert.event,
            transition_id=str(uuid.uuid5(uuid.NAMESPACE_OID, key)),
            summary="" if self._old else alert.name.replace("_", " "),
            alert_version=0 if self._old else alert.when,
        )

    def snapshots(self, host: Host, snapshot_uuid: str) -> list[AlarmSnapshot]:
        """All alerts of a host, in chunks counted from 1; one empty chunk when there is none."""
        entries = [self.entry(host, alert) for alert in host.alerts]
        chunks = [entries[at : at + CHUNK] for at in range(0, len(entries), CHUNK)] or [[]]
        return [
            AlarmSnapshot(
                node_id=host.node_id,
                claim_id=self._claim_id,
                chunks=len(chunks),
                chunk_size=len(chunk),
                chunk=number,
                alarms=tuple(chunk),
                snapshot_uuid=snapshot_uuid,
            )
            for number, chunk in enumerate(chunks, 1)
        ]


def configuration(alert: Alert) -> ProvideAlarmConfiguration:
    return ProvideAlarmConfiguration(
        config_hash=alert.config_hash,
        config=AlarmConfiguration(
            alarm=alert.name,
            on_chart=alert.chart,
            classification="Utilization",
            type="System",
            component="CPU",
            every="10",
            units=alert.units,
            warning_expr="$this > 75",
            critical_expr="$this > 85",
            recipient="sysadmin",
            info=alert.info,
            summary=alert.name,
        ),
    )
