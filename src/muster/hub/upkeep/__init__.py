"""What the hub forgets by itself, and when."""
