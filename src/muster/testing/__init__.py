"""Fakes and drivers for tests, shipped for plugin authors."""
