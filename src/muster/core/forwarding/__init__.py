"""Points that are sent on to others."""
