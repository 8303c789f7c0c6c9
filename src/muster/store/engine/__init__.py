"""Everything older: ClickHouse, embedded or a cluster, and its sums."""
