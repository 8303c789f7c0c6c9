"""Collectors, run: what they read, on the second's grid, made rows."""
