"""What is collected and not acknowledged yet, on disk."""
