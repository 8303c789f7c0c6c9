"""Databases of InfluxDB's wire: what there is, its rules, its users."""
