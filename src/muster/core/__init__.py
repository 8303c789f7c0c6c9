"""What the hub does; knows only ports."""
