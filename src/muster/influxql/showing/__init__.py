"""Answers about what points consist of: SHOW, and EXPLAIN."""
