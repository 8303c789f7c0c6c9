"""What is on disk before it is acknowledged."""
