"""What machines that are to join are given: commands, scripts, files."""
