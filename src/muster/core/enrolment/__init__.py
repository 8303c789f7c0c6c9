"""How machines come in and stay in: tokens, claims, the queue, renewal, copies."""
