"""Answers out of head and engine, as columns."""
