"""The hub's own certificates: for agents, for browsers, from a CA that speaks ACME."""
