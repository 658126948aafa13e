"""Mutants of a file: each is one small change that should make some test fail."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Lt: ast.LtE, ast.LtE: ast.Lt,
    ast.Gt: ast.GtE, ast.GtE: ast.Gt,
}  # fmt: skip
_SUMS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd
}  # fmt: skip
_TWINS = {"any": "all", "all": "any", "min": "max", "max": "min"}
#: Calls of which every argument is a condition.
_CONDITIONS = {"where", "and_", "or_"}
_Node = ast.AST
_Functions = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Mutant:
    """One change. It is made in the tree itself, so only where nobody needs the tree any more."""

    line: int
    words: str
    within: tuple[ast.stmt, ...]
    """From the statement of the module in which it is, down to its innermost function."""
    make: Callable[[], None]

    @property
    def function(self) -> ast.AST | None:
        """The outermost function in which it is; `None` for what the module does itself."""
        return next((each for each in self.within if isinstance(each, _Functions)), None)


def of(path: Path) -> tuple[ast.Module, list[Mutant]]:
    """The tree of a file and all its mutants, in the order of the file."""
    tree = ast.parse(path.read_text())
    found = [mutant for each in tree.body for mutant in _in(each, (each,))]
    return tree, sorted(found, key=lambda mutant: mutant.line)


def _in(node: _Node, within: tuple[ast.stmt, ...]) -> Iterator[Mutant]:
    for field, value in ast.iter_fields(node):
        if field in {
            "annotation",
            "returns",
            "decorator_list",
            "args",
            "bases",
            "type_params",
        } and (isinstance(node, _Functions | ast.ClassDef | ast.AnnAssign | ast.Lambda)):
            continue
        if isinstance(node, ast.Raise | ast.JoinedStr):  # what is said is no check
            continue
        if isinstance(node, ast.Subscript) and "Callable" in _names(node.value):  # a type
            continue
        several = isinstance(value, list)
        for place, child in enumerate(value if several else [value]):
            if not isinstance(child, ast.expr | ast.stmt):
                if isinstance(child, ast.AST):
                    yield from _in(child, within)
                continue
            if _is_said(child):
                continue
            inner = (*within, child) if isinstance(child, _Functions) else within
            for words, other in _changes(child, node):
                yield Mutant(child.lineno, words, inner, _put(node, field, place, several, other))
            yield from _in(child, inner)


def _put(node: _Node, field: str, place: int, several: bool, other: _Node) -> Callable[[], None]:
    def make() -> None:
        if several:
            getattr(node, field)[place] = other
        else:
            setattr(node, field, other)

    return make


def _is_said(node: _Node) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changes(node: ast.expr | ast.stmt, parent: _Node) -> Iterator[tuple[str, _Node]]:
    """What may stand in the place of a node."""
    if isinstance(node, ast.stmt):
        yield from _of_statements(node, parent)
    else:
        yield from _of_conditions(node)
        yield from _of_values(node)
        yield from _of_lists(node, parent)


def _of_statements(node: ast.stmt, parent: _Node) -> Iterator[tuple[str, _Node]]:
    if isinstance(node, ast.Raise | ast.Expr) or (
        isinstance(node, ast.Return) and isinstance(parent, ast.If | ast.For | ast.ExceptHandler)
    ):
        yield f"without {_text(node)}", ast.copy_location(ast.Pass(), node)
    if isinstance(node, ast.If | ast.While):
        yield from _negated(node, node.test)


def _of_conditions(node: ast.expr) -> Iterator[tuple[str, _Node]]:
    if isinstance(node, ast.IfExp):
        yield from _negated(node, node.test)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield f"{_text(node.operand)} without not", node.operand
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            ops = [*node.ops[:place], _OPPOSITES[type(operator)](), *node.ops[place + 1 :]]
            changed = _like(node, ops=ops)
            yield _text(changed), changed
    if isinstance(node, ast.BoolOp) and not any(
        isinstance(each, ast.Constant) for each in node.values
    ):
        for value, fewer in _fewer(node.values):
            yield (
                f"without {_text(value)}",
                fewer[0] if len(fewer) == 1 else _like(node, values=fewer),
            )


def _negated(node: _Node, test: ast.expr) -> Iterator[tuple[str, _Node]]:
    turned = isinstance(test, ast.UnaryOp) or (isinstance(test, ast.Compare) and len(test.ops) == 1)
    if not turned:  # else the change of the condition itself says the same
        yield f"if not ({_text(test)})", _like(node, test=ast.UnaryOp(ast.Not(), test))


def _of_values(node: ast.expr) -> Iterator[tuple[str, _Node]]:
    match node:
        case ast.BinOp(op=operator) if type(operator) in _SUMS:
            changed = _like(node, op=_SUMS[type(operator)]())
            yield _text(changed), changed
        case ast.Constant(value=bool(value)):
            yield f"{not value} for {value}", _like(node, value=not value)
        case ast.Constant(value=int(value)):
            other = value + 1 if value < 10 else value * 2
            yield f"{other} for {value}", _like(node, value=other)
        case ast.Call(func=ast.Name(id=name)) if name in _TWINS:
            yield f"{_TWINS[name]} for {name}", _like(node, func=ast.Name(_TWINS[name], ast.Load()))


def _of_lists(node: ast.expr, parent: _Node) -> Iterator[tuple[str, _Node]]:
    match node:
        case (
            ast.Tuple(elts=elts, ctx=ast.Load())
            | ast.List(elts=elts, ctx=ast.Load())
            | ast.Set(elts=elts)
        ) if len(elts) > 1 and not isinstance(parent, ast.Subscript | ast.Return):
            for each, fewer in _fewer(elts):
                yield f"without {_text(each)}", _like(node, elts=fewer)
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=args):
            for each, fewer in _fewer(args) if name in _CONDITIONS else ():
                yield f"without {_text(each)}", _like(node, args=fewer)
        case ast.Dict(keys=keys, values=values) if isinstance(parent, ast.AnnAssign):
            for place, key in enumerate(keys):
                if key is not None:
                    other = [*values[:place], *values[place + 1 :]]
                    names = [*keys[:place], *keys[place + 1 :]]
                    yield f"without {_text(key)}", _like(node, keys=names, values=other)


def _fewer(nodes: list[ast.expr]) -> Iterator[tuple[ast.expr, list[ast.expr]]]:
    """Each of them, and the others."""
    for place, each in enumerate(nodes):
        yield each, [*nodes[:place], *nodes[place + 1 :]]


def _names(node: ast.expr) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _like(node: _Node, **changed: object) -> _Node:
    fields = dict(ast.iter_fields(node)) | changed
    return ast.copy_location(type(node)(**fields), node)


def _text(node: _Node) -> str:
    text = " ".join(ast.unparse(ast.fix_missing_locations(node)).split())
    return text if len(text) <= 100 else f"{text[:99]}…"
