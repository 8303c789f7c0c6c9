"""Recorded answers of foreign servers, asked again: `python -m muster.testing.conformance`."""
