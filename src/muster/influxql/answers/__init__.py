"""Rows of answers, and their bytes: JSON, CSV, MessagePack."""
