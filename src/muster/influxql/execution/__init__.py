"""Plans and statements, answered."""
