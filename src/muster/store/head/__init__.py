"""Recent rows in memory."""
