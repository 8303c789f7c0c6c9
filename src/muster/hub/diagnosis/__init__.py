"""What is wrong with a hub, for `muster doctor`."""
