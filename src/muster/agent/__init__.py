"""Settings and composition root of the agent."""
