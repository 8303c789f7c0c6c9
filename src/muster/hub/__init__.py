"""Settings tree and composition root of the hub."""
