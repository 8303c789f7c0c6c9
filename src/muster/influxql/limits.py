"""How much a query may be. Real ones are far below; a hostile one is refused at once."""

MAX_TEXT_CHARS = 1 << 18  # takes about a second to read
MAX_STATEMENTS = 1_000  # of one text
MAX_NESTING = 64  # parentheses, calls and subqueries within each other
MAX_OPERATORS = 5_000  # of one text: the depth of a tree that a long chain makes
