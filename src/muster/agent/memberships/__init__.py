"""The hubs that an agent belongs to: for each a lane of its own, and what it may have."""
