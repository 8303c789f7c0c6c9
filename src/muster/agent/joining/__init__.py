"""How a machine becomes a node and stays one: claim, key and certificate, renewal, recovery."""
