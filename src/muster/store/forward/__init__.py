"""What waits on disk to be sent on."""
