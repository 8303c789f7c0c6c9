"""Processes that have the CA's keys, and what is done with keys outside of the hub."""
