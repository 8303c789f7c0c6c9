"""What is wrong with an agent, and what can be done about it."""
