"""Argument parsing, one call per command."""
