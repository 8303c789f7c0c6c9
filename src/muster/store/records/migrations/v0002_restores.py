"""Version 2: remember that this file came from a backup, and since when.

A copy is marked with 0 when it is made; the hub that starts on it writes its time. Nodes
have renewed since the copy was made, so for a while certificates are met that the records
do not know (core/enrolment/admission.py).
"""

SQL = """
CREATE TABLE restores (
    time_ns INTEGER NOT NULL
) STRICT;
"""
