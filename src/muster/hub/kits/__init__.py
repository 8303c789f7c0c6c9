"""What the hub hands to machines that are to join: wheels, builds, the installer kit."""
