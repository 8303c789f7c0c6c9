"""Columns, times and windows, and what expressions over them come to."""
