"""The steps that brought the schema of records to what it is. Steps are never changed.

`PRAGMA user_version` counts the steps a database has seen.
"""

from muster.store.records.migrations import (
    v0001_start,
    v0002_restores,
    v0003_api_tokens,
    v0004_rooms,
    v0005_claims,
    v0006_holders,
    v0007_revocations,
    v0008_audit_chain,
    v0009_main_space,
    v0010_signin,
    v0011_services,
    v0012_linked_identities,
    v0013_node_notes,
    v0014_key_claims,
    v0015_waiting_dialect,
    v0016_influx,
    v0017_influx_stocks,
    v0018_dashboard_links,
    v0019_probes,
    v0020_node_marks,
)

MIGRATIONS: tuple[str, ...] = (
    v0001_start.SQL,
    v0002_restores.SQL,
    v0003_api_tokens.SQL,
    v0004_rooms.SQL,
    v0005_claims.SQL,
    v0006_holders.SQL,
    v0007_revocations.SQL,
    v0008_audit_chain.SQL,
    v0009_main_space.SQL,
    v0010_signin.SQL,
    v0011_services.SQL,
    v0012_linked_identities.SQL,
    v0013_node_notes.SQL,
    v0014_key_claims.SQL,
    v0015_waiting_dialect.SQL,
    v0016_influx.SQL,
    v0017_influx_stocks.SQL,
    v0018_dashboard_links.SQL,
    v0019_probes.SQL,
    v0020_node_marks.SQL,
)
