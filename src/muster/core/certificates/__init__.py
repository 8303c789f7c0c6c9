"""The hub's CA over the years, and certificates for things that are no node."""
