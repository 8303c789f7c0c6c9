from muster.influxql.syntax.ast import (
    BinaryExpr,
    Call,
    Dimension,
    Field,
    IntegerLiteral,
    ParenExpr,
    VarRef,
    Wildcard,
    children,
    fold,
    walk,
)
from muster.influxql.syntax.parser import parse_expression
from muster.influxql.syntax.tokens import Token

SUM = BinaryExpr(Token.ADD, Call("f", (VarRef("a"), Wildcard())), ParenExpr(IntegerLiteral(1)))


def test_children_are_in_the_order_of_the_text():
    assert children(SUM) == (SUM.lhs, SUM.rhs)
    assert children(SUM.lhs) == (VarRef("a"), Wildcard())
    assert children(Field(SUM, "x")) == children(Dimension(SUM)) == (SUM,)
    assert children(VarRef("a")) == ()


def test_a_walk_meets_parents_first():
    met = [type(node).__name__ for node in walk(SUM)]

    assert met == ["BinaryExpr", "Call", "VarRef", "Wildcard", "ParenExpr", "IntegerLiteral"]


def test_a_fold_makes_one_value_from_the_leaves_up():
    def spell(node, beneath):
        return type(node).__name__[0] + "".join(f"<{each}>" for each in beneath)

    assert fold(SUM, spell) == "B<C<V><W>><P<I>>"


def test_a_long_chain_is_walked_and_folded_without_recursion():
    chain = parse_expression(" + ".join(["1"] * 4_000))

    assert sum(1 for _ in walk(chain)) == 7_999
    assert fold(chain, lambda node, beneath: sum(beneath) or node.val) == 4_000
