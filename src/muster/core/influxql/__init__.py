"""Statements of InfluxQL, run."""
