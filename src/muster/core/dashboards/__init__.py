"""Dashboards: kept, asked, shared."""
