"""The stand-in runs as long as it is asked."""

from muster.testing.clusterrunning import running_cluster


def test_a_store_on_it_is_open_and_ends_with_it(tmp_path):
    with running_cluster(tmp_path) as store:
        assert store.manage("select 1") == ["1"]
