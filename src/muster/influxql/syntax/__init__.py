"""From text to statements: words, what statements consist of, and how each is read."""
