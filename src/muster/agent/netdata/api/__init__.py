"""Netdata's API on loopback: charts by Netdata's names, of what our own collectors measure."""
