"""Probes as the agent carries them out; nothing of it is loaded before there is a probe."""
