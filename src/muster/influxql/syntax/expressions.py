"""Reads expressions.

Precedence from low to high: OR, AND, comparisons, `+ - | ^`, `* / % &`; all bind to the left.
A minus belongs to a number at once, and multiplies anything else by -1.
"""

from muster.influxql.errors import InfluxqlError, shortened
from muster.influxql.syntax.ast import (
    BinaryExpr,
    BooleanLiteral,
    Call,
    DataType,
    Distinct,
    DurationLiteral,
    Expr,
    IntegerLiteral,
    NumberLiteral,
    ParenExpr,
    RegexLiteral,
    StringLiteral,
    UnsignedLiteral,
    VarRef,
    Wildcard,
)
from muster.influxql.syntax.durations import parse_duration
from muster.influxql.syntax.lexer import Lexeme
from muster.influxql.syntax.numbers import parse_float, parse_whole
from muster.influxql.syntax.reader import Reader
from muster.influxql.syntax.regex import compile_pattern
from muster.influxql.syntax.tokens import PRECEDENCE, REGEX_OPERATORS, Token

_INT_LEAST = -(1 << 63)
_INT_MOST = (1 << 63) - 1
_UINT_MOST = (1 << 64) - 1
_NAMED_TYPES = ("float", "integer", "unsigned", "string", "boolean")
_AFTER_SIGN = frozenset({Token.NUMBER, Token.INTEGER, Token.DURATIONVAL, Token.LPAREN, Token.IDENT})


def parse_expr(reader: Reader) -> Expr:
    """The longest expression that begins here."""
    operands = [_operand(reader)]
    operators: list[Token] = []
    while (operator := reader.next()).token in PRECEDENCE:
        reader.count_operator(operator)
        rhs = require_regex(reader) if operator.token in REGEX_OPERATORS else _operand(reader)
        _join(operands, operators, PRECEDENCE[operator.token])
        operators.append(operator.token)
        operands.append(rhs)
    reader.put_back()
    _join(operands, operators, 0)
    return operands[0]


def parse_regex(reader: Reader) -> RegexLiteral | None:
    """A pattern, if one begins here; only white space before it is read otherwise."""
    if reader.peek_char() in {" ", "\t", "\n"}:
        skip_space(reader)
    following = reader.peek_char()
    if following == "$":
        is_pattern = reader.scan().token is Token.REGEX
        reader.put_back()
        if not is_pattern:
            return None
    elif following != "/":
        return None
    lexeme = reader.scan_regex()
    if lexeme.token is Token.BADREGEX:
        raise reader.wrong("bad regex: ", lexeme)
    if lexeme.token is not Token.REGEX:
        raise reader.unexpected(lexeme, "regex")
    try:
        compile_pattern(lexeme.text)
    except InfluxqlError as error:
        raise reader.wrong(str(error), lexeme) from error
    return RegexLiteral(lexeme.text)


def require_regex(reader: Reader) -> RegexLiteral:
    """A pattern, and nothing else."""
    if not (pattern := parse_regex(reader)):
        raise reader.unexpected(reader.next(), "regex")
    return pattern


def skip_space(reader: Reader) -> None:
    if reader.scan().token is not Token.WS:
        reader.put_back()


def _join(operands: list[Expr], operators: list[Token], precedence: int) -> None:
    """Make one operand of all that bind at least as strongly as what comes."""
    while operators and PRECEDENCE[operators[-1]] >= precedence:
        rhs, lhs = operands.pop(), operands.pop()
        operands.append(BinaryExpr(operators.pop(), lhs, rhs))


def _operand(reader: Reader) -> Expr:
    lexeme = reader.next()
    match lexeme.token:
        case Token.LPAREN:
            return _parenthesis(reader)
        case Token.IDENT:
            return _named(reader, lexeme)
        case Token.DISTINCT:
            return _distinct(reader)
        case Token.MUL:
            return _wildcard(reader)
        case Token.ADD | Token.SUB:
            return _signed(reader, negative=lexeme.token is Token.SUB)
        case _:
            return _literal(reader, lexeme)


def _parenthesis(reader: Reader) -> Expr:
    with reader.nested():
        expr = parse_expr(reader)
    reader.expect(Token.RPAREN)
    return ParenExpr(expr)


def _named(reader: Reader, name: Lexeme) -> Expr:
    if reader.scan().token is Token.LPAREN:
        return _call(reader, name.text)
    reader.put_back()
    reader.put_back()
    return _variable(reader)


def _call(reader: Reader, name: str) -> Call:
    with reader.nested():
        args: list[Expr] = []
        pattern = parse_regex(reader)
        if not pattern:
            if reader.scan().token is Token.RPAREN:
                return Call(name.lower())
            reader.put_back()
        args.append(pattern or parse_expr(reader))
        while reader.accept(Token.COMMA):
            args.append(parse_regex(reader) or parse_expr(reader))
    reader.expect(Token.RPAREN)
    return Call(name.lower(), tuple(args))


def _variable(reader: Reader) -> VarRef:
    name = ".".join(reader.segments())
    if reader.scan().token is not Token.DOUBLECOLON:
        reader.put_back()
        return VarRef(name)
    lexeme = reader.scan()
    match lexeme.token:
        case Token.FIELD:
            return VarRef(name, DataType.ANY_FIELD)
        case Token.TAG:
            return VarRef(name, DataType.TAG)
        case Token.IDENT:
            if lexeme.text.lower() in _NAMED_TYPES:
                return VarRef(name, DataType(lexeme.text.lower()))
            raise reader.unexpected(lexeme, *_NAMED_TYPES, "field", "tag")
        case _:
            raise reader.unexpected(lexeme, "float", "integer", "string", "boolean", "field", "tag")


def _distinct(reader: Reader) -> Expr:
    lexeme = reader.scan()
    if lexeme.token is Token.LPAREN:
        return _call(reader, "distinct")
    if lexeme.token is Token.WS:
        return Distinct(reader.ident())
    raise reader.unexpected(lexeme, "(", "identifier")


def _wildcard(reader: Reader) -> Wildcard:
    if reader.scan().token is not Token.DOUBLECOLON:
        reader.put_back()
        return Wildcard()
    lexeme = reader.scan()
    match lexeme.token:
        case Token.FIELD:
            return Wildcard(DataType.ANY_FIELD)
        case Token.TAG:
            return Wildcard(DataType.TAG)
        case _:
            raise reader.unexpected(lexeme, "field", "tag")


def _signed(reader: Reader, *, negative: bool) -> Expr:
    following = reader.peek()
    if following.token not in _AFTER_SIGN:
        raise reader.unexpected(following, "identifier", "number", "duration", "(")
    factor = -1 if negative else 1
    match operand := _operand(reader):
        case NumberLiteral():
            return NumberLiteral(factor * operand.val)
        case IntegerLiteral():
            return IntegerLiteral(factor * operand.val)
        case DurationLiteral():
            return DurationLiteral(factor * operand.val_ns)
        case UnsignedLiteral():
            return _signed_whole(operand, negative=negative)
        case _:
            return BinaryExpr(Token.MUL, IntegerLiteral(factor), operand)


def _signed_whole(operand: UnsignedLiteral, *, negative: bool) -> Expr:
    if not negative:
        return operand
    if -operand.val < _INT_LEAST:
        raise InfluxqlError(f"constant -{operand.val} underflows int64")
    return IntegerLiteral(-operand.val)


def _literal(reader: Reader, lexeme: Lexeme) -> Expr:
    match lexeme.token:
        case Token.STRING:
            return StringLiteral(lexeme.text)
        case Token.TRUE | Token.FALSE:
            return BooleanLiteral(lexeme.token is Token.TRUE)
        case Token.INTEGER:
            return _whole(reader, lexeme)
        case Token.NUMBER:
            return _float(reader, lexeme)
        case Token.DURATIONVAL:
            return DurationLiteral(parse_duration(lexeme.text))
        case Token.REGEX:
            return RegexLiteral(lexeme.text)
        case Token.BOUNDPARAM:
            raise _unbound(lexeme.text)
        case _:
            raise reader.unexpected(lexeme, "identifier", "string", "number", "bool")


def _whole(reader: Reader, lexeme: Lexeme) -> Expr:
    if (value := parse_whole(lexeme.text, _INT_LEAST, _INT_MOST)) is not None:
        return IntegerLiteral(value)
    if (value := parse_whole(lexeme.text, 0, _UINT_MOST)) is not None:
        return UnsignedLiteral(value)
    raise reader.wrong("unable to parse integer", lexeme)


def _float(reader: Reader, lexeme: Lexeme) -> Expr:
    try:
        return NumberLiteral(parse_float(lexeme.text))
    except InfluxqlError as error:
        raise reader.wrong(str(error), lexeme) from error


def _unbound(text: str) -> InfluxqlError:
    """A parameter that stands for nothing, or one whose text already says why."""
    if text == "$":
        return InfluxqlError("empty bound parameter")
    if text.startswith("$"):
        return InfluxqlError(f"missing parameter: {shortened(text[1:])}")
    return InfluxqlError(text)
