"""What Netdata agents say and hear: bytes from and to values, of both ends, and no I/O.

Format page: docs/formats/netdata-link.md.
"""
