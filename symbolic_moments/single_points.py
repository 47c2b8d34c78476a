"""Values given at single points, ``where(x == 0, 1, sin(x)/x)``: the limit of what stands around them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import sympy as sp

from symbolic_moments.ordered_branches import change_places, left_to_right, taken_at
from symbolic_moments.symbols import x

__all__ = ["stray_value", "with_filled_points"]

_DIGITS = 200
_STEP = sp.Rational(1, 2**400)
_CLOSE = 1e-15


def with_filled_points(expression: sp.Expr) -> sp.Expr:
    """The expression without values at single points that are the limit, to 15 digits, of a branch beside them.

    A value that is no limit stays where it is.

    Examples
    --------
    >>> from symbolic_moments.symbols import x
    >>> with_filled_points(sp.Piecewise((1, sp.Eq(x, 0)), (sp.sin(x) / x, True)))
    sin(x)/x
    >>> with_filled_points(sp.Piecewise((sp.Abs(x) / x, sp.Ne(x, 0)), (0, True)))
    sign(x)
    >>> with_filled_points(sp.Piecewise((1, sp.Eq(x, 0)), (sp.sin(x), True)))
    Piecewise((1, Eq(x, 0)), (sin(x), True))
    """
    if expression.free_symbols != {x}:
        return expression
    return expression.replace(lambda part: isinstance(part, sp.Piecewise) and _has_points(part), _filled_or_left)


def stray_value(expression: sp.Expr) -> str | None:
    """What is to be said of a value at a single point that is no limit, if there is one.

    Examples
    --------
    >>> from symbolic_moments.symbols import x
    >>> stray_value(sp.Piecewise((1, sp.Eq(x, 0)), (sp.sin(x), True)))
    'the value 1 is given at the single point x = 0, where sin(x) tends to 0: it has no weight under a Gaussian; leave \
it out, or give the limit'
    """
    if expression.free_symbols != {x}:
        return None
    try:
        for part in expression.atoms(sp.Piecewise):
            if _has_points(part):
                _filled(part)
    except _StrayValueError as error:
        return str(error)
    return None


class _StrayValueError(Exception):
    pass


def _filled_or_left(branches: sp.Piecewise) -> sp.Expr:
    try:
        return _filled(branches)
    except _StrayValueError:
        return branches


def _has_points(branches: sp.Piecewise) -> bool:
    bounds = {(one.lhs, one.rhs, type(one)) for _, one in branches.args if isinstance(one, sp.Lt | sp.Le)}
    both = any((left, right, sp.Le) in bounds for left, right, kind in bounds if kind is sp.Lt)
    return both or any(condition.has(sp.Eq, sp.Ne) for _, condition in branches.args)


def _filled(given: sp.Piecewise) -> sp.Expr:
    branches = sp.Piecewise(*((_with_signs(value), condition) for value, condition in given.args))
    places = change_places(_conditions(branches))
    if not places:
        return branches
    middles = [(one + other) / 2 for one, other in pairwise(places)]
    between = [_innermost(branches, at) for at in (places[0] - 1, *middles, places[-1] + 1)]
    here: dict[sp.Expr, Any] = {}
    for place, (left, right) in zip(places, pairwise(between), strict=True):
        value = _innermost(branches, place)
        if left is None or right is None or value is None:
            return branches
        here[place] = value if value in (left, right) else _belonging(value, left, right, place)
    found = left_to_right(lambda at: here[at] if at in here else _innermost(branches, at), places, x, alone=True)
    return branches if found is None else found


def _conditions(branches: sp.Piecewise) -> list[Any]:
    """Those of the branches, and of branches that are such themselves."""
    inner = [one for value, _ in branches.args if isinstance(value, sp.Piecewise) for one in _conditions(value)]
    return [*(condition for _, condition in branches.args), *inner]


def _innermost(branches: sp.Piecewise, place: Any) -> sp.Expr | None:
    value = taken_at(branches, x, place)
    return _innermost(value, place) if isinstance(value, sp.Piecewise) else value


def _with_signs(value: sp.Expr) -> sp.Expr:
    """``u/|u|`` and ``|u|/u`` as the sign of u, which is 0 where they are not defined."""

    def signed(product: sp.Mul) -> sp.Expr:
        for factor in product.args:
            base, power = factor.as_base_exp()
            other = base.args[0] ** -power if isinstance(base, sp.Abs) else None
            if power in (1, -1) and other in product.args:
                return sp.sign(base.args[0]) * product / (factor * other)
        return product

    return value.replace(lambda part: isinstance(part, sp.Mul) and part.has(sp.Abs), signed)


def _belonging(value: sp.Expr, left: sp.Expr, right: sp.Expr, place: sp.Expr) -> sp.Expr:
    """The side whose limit at the place is the value there."""
    known = [side.subs(x, place) for side in (left, right)]
    for side, own in zip((left, right), known, strict=True):
        if own == value:
            return side
    wanted = sp.N(value.subs(x, place), _DIGITS)
    limits = [_number(side.subs(x, place + step)) for side, step in ((left, -_STEP), (right, _STEP))]
    for side, limit, own in zip((left, right), limits, known, strict=True):
        if limit is not None and not own.is_finite and abs(limit - wanted) <= _CLOSE * max(1, abs(wanted)):
            return side
    if None not in limits and abs(limits[0] - limits[1]) > _CLOSE * max(1, abs(limits[0])):
        return value
    found = next((limit for limit in limits if limit is not None), None)
    shown = None if found is None else 0.0 if abs(found) < _CLOSE else float(found)
    about = " has no limit that was found" if shown is None else f" tends to {shown:.6g}"
    raise _StrayValueError(
        f"the value {value} is given at the single point x = {place}, where {str(left)[:60]}{about}: it has no weight "
        "under a Gaussian; leave it out, or give the limit"
    )


def _number(expression: sp.Expr) -> Any:
    found = sp.N(expression, _DIGITS)
    return found if found.is_number and found.is_real and found.is_finite else None
