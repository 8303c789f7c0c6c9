"""Protocols on top of core: routes and translation only."""
