"""The objects of a hub, built and connected by hand, and what its listeners offer."""
