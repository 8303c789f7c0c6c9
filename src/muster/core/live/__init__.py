"""What browsers see change, each second."""
