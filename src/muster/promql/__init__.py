"""PromQL: text to tree, tree over columns to an answer, as Prometheus 2.42 gives it. No I/O."""
