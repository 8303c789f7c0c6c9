"""A hub's data, copied: to a backup, from one, to another engine."""
