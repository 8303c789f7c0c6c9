printf %s '@TOKEN@' | muster agent claim --token-file - && muster agent run
