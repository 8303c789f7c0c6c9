"""Statements and cells back to text."""
