"""The stand-in for a cluster is as strict as it says."""

import pytest

from muster.testing.clusterserver import Refused, _plain


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("alter table values.floats_local drop partition 1", "one node alone"),
        ("delete from values.floats on cluster 'main' where 1", "changes a distributed"),
        ("select ts from values.floats_local", "goes past"),
        ("insert into values.floats_local values (1)", "goes past"),
        ("create table values.x_local on cluster 'main' (a Int8) engine = Log", "not replicated"),
    ],
)
def test_what_a_cluster_would_not_take_is_refused(statement, why):
    with pytest.raises(Refused, match=why):
        _plain(statement)


def test_what_needs_a_second_node_is_left_out():
    made = (
        "create table if not exists values.x_local on cluster 'main' (a Int8) engine = "
        "ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}') "
        "order by a"
    )

    assert (
        _plain(made)
        == "create table if not exists values.x (a Int8) engine = MergeTree() order by a"
    )
    assert _plain("select 1 from values.floats") == "select 1 from values.floats"
