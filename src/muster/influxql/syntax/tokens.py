"""The words and signs of InfluxQL.

A token's value is the text that error messages show when it has no text of its own.
Source: InfluxQL reference, "Tokens" and "Keywords"; operators in the order of their precedence.
"""

from enum import StrEnum, auto


class Token(StrEnum):
    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[str]) -> str:
        return name

    ILLEGAL = "ILLEGAL"
    EOF = "EOF"
    WS = "WS"
    COMMENT = ""

    IDENT = "IDENT"
    BOUNDPARAM = " "  # never shown: it always has a text
    NUMBER = "NUMBER"
    INTEGER = "INTEGER"
    DURATIONVAL = "DURATIONVAL"
    STRING = "STRING"
    BADSTRING = "BADSTRING"
    BADESCAPE = "BADESCAPE"
    REGEX = "REGEX"
    BADREGEX = "BADREGEX"
    TRUE = "TRUE"
    FALSE = "FALSE"

    ADD = "+"
    SUB = "-"
    MUL = "*"
    DIV = "/"
    MOD = "%"
    BITWISE_AND = "&"
    BITWISE_OR = "|"
    BITWISE_XOR = "^"
    AND = "AND"
    OR = "OR"
    EQ = "="
    NEQ = "!="
    EQREGEX = "=~"
    NEQREGEX = "!~"
    LT = "<"
    LTE = "<="
    GT = ">"
    GTE = ">="

    LPAREN = "("
    RPAREN = ")"
    COMMA = ","
    COLON = ":"
    DOUBLECOLON = "::"
    SEMICOLON = ";"
    DOT = "."

    ALL = auto()
    ALTER = auto()
    ANALYZE = auto()
    ANY = auto()
    AS = auto()
    ASC = auto()
    BEGIN = auto()
    BY = auto()
    CARDINALITY = auto()
    CREATE = auto()
    CONTINUOUS = auto()
    DATABASE = auto()
    DATABASES = auto()
    DEFAULT = auto()
    DELETE = auto()
    DESC = auto()
    DESTINATIONS = auto()
    DIAGNOSTICS = auto()
    DISTINCT = auto()
    DROP = auto()
    DURATION = auto()
    END = auto()
    EVERY = auto()
    EXACT = auto()
    EXPLAIN = auto()
    FIELD = auto()
    FOR = auto()
    FROM = auto()
    FUTURE = auto()
    GRANT = auto()
    GRANTS = auto()
    GROUP = auto()
    GROUPS = auto()
    IN = auto()
    INF = auto()
    INSERT = auto()
    INTO = auto()
    KEY = auto()
    KEYS = auto()
    KILL = auto()
    LIMIT = auto()
    MEASUREMENT = auto()
    MEASUREMENTS = auto()
    NAME = auto()
    OFFSET = auto()
    ON = auto()
    ORDER = auto()
    PASSWORD = auto()
    PAST = auto()
    POLICY = auto()
    POLICIES = auto()
    PRIVILEGES = auto()
    QUERIES = auto()
    QUERY = auto()
    READ = auto()
    REPLICATION = auto()
    RESAMPLE = auto()
    RETENTION = auto()
    REVOKE = auto()
    SELECT = auto()
    SERIES = auto()
    SET = auto()
    SHOW = auto()
    SHARD = auto()
    SHARDS = auto()
    SLIMIT = auto()
    SOFFSET = auto()
    STATS = auto()
    SUBSCRIPTION = auto()
    SUBSCRIPTIONS = auto()
    TAG = auto()
    TO = auto()
    USER = auto()
    USERS = auto()
    VALUES = auto()
    VERBOSE = auto()
    WHERE = auto()
    WITH = auto()
    WRITE = auto()


_MEMBERS = list(Token)

# Written as a word, in any case; to be quoted where it is meant as a name.
KEYWORDS = {
    token.value.lower(): token
    for token in (
        *_MEMBERS[_MEMBERS.index(Token.ALL) :],
        *(Token.AND, Token.OR, Token.TRUE, Token.FALSE),
    )
}

PRECEDENCE = {
    Token.OR: 1,
    Token.AND: 2,
    **dict.fromkeys((Token.EQ, Token.NEQ, Token.EQREGEX, Token.NEQREGEX), 3),
    **dict.fromkeys((Token.LT, Token.LTE, Token.GT, Token.GTE), 3),
    **dict.fromkeys((Token.ADD, Token.SUB, Token.BITWISE_OR, Token.BITWISE_XOR), 4),
    **dict.fromkeys((Token.MUL, Token.DIV, Token.MOD, Token.BITWISE_AND), 5),
}

REGEX_OPERATORS = frozenset({Token.EQREGEX, Token.NEQREGEX})

# They make a condition; no field of a SELECT may have them.
CONDITION_OPERATORS = frozenset(op for op, rank in PRECEDENCE.items() if rank <= 3)
