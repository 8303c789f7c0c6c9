"""Where data rests; implements ports."""
