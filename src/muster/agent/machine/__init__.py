"""What the agent finds out about the machine, or the container, that it runs in."""
