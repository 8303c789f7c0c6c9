"""Batches on their way in: stamped, on disk, and on to whoever watches."""
