"""Who people are: passwords, passkeys, providers, sessions, API tokens."""
