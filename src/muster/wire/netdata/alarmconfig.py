"""The configuration of an alarm, as a Netdata agent tells it.

Source: docs/formats/netdata-link.md ("Messages")
"""

from typing import Annotated

import msgspec

from muster.wire.netdata.protofields import Int32


class AlarmConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    """What an alarm was made of, in the words of its file."""

    alarm: Annotated[str, 1] = ""
    template: Annotated[str, 2] = ""
    on_chart: Annotated[str, 3] = ""
    classification: Annotated[str, 4] = ""
    type: Annotated[str, 5] = ""
    component: Annotated[str, 6] = ""
    os: Annotated[str, 7] = ""
    hosts: Annotated[str, 8] = ""
    plugin: Annotated[str, 9] = ""
    module: Annotated[str, 10] = ""
    charts: Annotated[str, 11] = ""
    lookup: Annotated[str, 13] = ""
    every: Annotated[str, 14] = ""
    units: Annotated[str, 15] = ""
    green: Annotated[str, 16] = ""
    red: Annotated[str, 17] = ""
    calculation_expr: Annotated[str, 18] = ""
    warning_expr: Annotated[str, 19] = ""
    critical_expr: Annotated[str, 20] = ""
    recipient: Annotated[str, 21] = ""
    exec: Annotated[str, 22] = ""
    delay: Annotated[str, 23] = ""
    repeat: Annotated[str, 24] = ""
    info: Annotated[str, 25] = ""
    options: Annotated[str, 26] = ""
    host_labels: Annotated[str, 27] = ""
    p_db_lookup_after: Annotated[Int32, 28] = 0
    p_db_lookup_before: Annotated[Int32, 29] = 0
    p_db_lookup_dimensions: Annotated[str, 30] = ""
    p_db_lookup_method: Annotated[str, 31] = ""
    p_db_lookup_options: Annotated[str, 32] = ""
    p_update_every: Annotated[Int32, 33] = 0
    chart_labels: Annotated[str, 34] = ""
    summary: Annotated[str, 35] = ""
