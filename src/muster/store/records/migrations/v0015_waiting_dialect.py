"""Version 15: by whose wire they came that wait for an admin."""

SQL = """
ALTER TABLE claims_waiting ADD COLUMN dialect TEXT NOT NULL DEFAULT 'muster';
"""
