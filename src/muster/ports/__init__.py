"""The protocols by which core asks the outside world."""
