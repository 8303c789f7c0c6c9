"""The process that a hub is: its lock, its memory, its limits."""
