"""Points of databases on their way in, whatever wire they come by."""
