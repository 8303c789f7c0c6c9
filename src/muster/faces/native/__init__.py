"""The web UI's and the own agent's routes."""
