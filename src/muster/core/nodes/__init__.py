"""Spaces, rooms and the nodes in them: who is where, who is connected, what each is asked to do."""
