"""Netdata agents: the hub as their cloud."""
