"""The functions of InfluxQL, of groups of points."""
