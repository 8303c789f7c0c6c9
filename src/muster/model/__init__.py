"""Frozen values in the field's terms; no I/O."""
