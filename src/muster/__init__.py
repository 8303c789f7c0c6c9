"""Muster: which machines are mine, can I trust the link to each, and how are they."""

__version__ = "0.1.0"
