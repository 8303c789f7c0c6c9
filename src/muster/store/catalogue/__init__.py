"""Which series there are: names, numbers, and how they are found."""
