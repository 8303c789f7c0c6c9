"""Keys, certificate requests, profiles and the authority, as pure functions."""
