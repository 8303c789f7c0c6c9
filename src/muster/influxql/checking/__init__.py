"""What makes no sense is refused here, before anything is read."""
