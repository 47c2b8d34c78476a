"""SymPy to expression nodes. What is not understood is refused by name."""

from __future__ import annotations

from itertools import pairwise

import sympy as sp
from sympy.core.relational import Relational

from codegen.algebraic import rational
from codegen.exact_comparisons import exact_relation, is_double
from codegen.ir import (
    Add,
    Call,
    Compare,
    Constant,
    Divide,
    Integer,
    Item,
    Multiply,
    Name,
    Negate,
    Node,
    Power,
    Ratio,
    Tuple,
)
from codegen.passes.walk import rebuild
from symbolic_moments.fractional_parts import fractional_part

# SymPy function name -> function of the array namespace
FUNCTIONS = {
    "Phi": "ndtr",
    "erf": "erf",
    "erfc": "erfc",
    "exp": "exp",
    "floor": "floor",
    "expm1": "expm1",
    "log1p": "log1p",
    "Abs": "abs",
    "sign": "sign",
    "log": "log",
    "sin": "sin",
    "cos": "cos",
    "cosh": "cosh",
    "tanh": "tanh",
    "atan": "arctan",
    "atan2": "arctan2",
    "asinh": "arcsinh",
}
# SymPy function name -> primitive of the kernel, called with the namespace
PRIMITIVES = (
    "sigmoid",
    "reciprocal_expm1",
    "sigmoid_difference",
    "step_sum",
    "smoothed_relu",
    "softplus",
    "sech",
    "sech_squared",
    "asin_by_half",
    "log_about_one",
    "log_cosh",
    "tanh_rest",
    "atan_rest",
    "sqrt_softplus",
    "log_softplus_slope",
    "softplus_ratio",
    "softplus_ratio_rest",
    "softplus_ratio_slope",
    "sum_with_root",
    "root_above",
    "falling_exponential",
    "rising_exponential",
    "tanh_softplus",
    "tanh_softplus_slope",
    "damped",
    "departure",
)
# SymPy function name, of an argument and its variable -> primitive, called with the argument as a pair
PRECISE = (
    "abs_of",
    "cos_of",
    "cosh_of",
    "exp_of",
    "expm1_of",
    "normal_cdf_of",
    "sech_squared_of",
    "sigmoid_of",
    "sin_of",
    "sinh_of",
    "smoothed_relu_of",
    "softplus_of",
)
_FLAT_PLACES = (-1000, 1000)
_MANY_BRANCHES = 8
RELATIONS = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}


class CannotLowerError(TypeError):
    """A SymPy expression that has no counterpart in the kernel language."""


def lower(expression: sp.Basic) -> Node:
    """Return the node of a SymPy expression.

    >>> from codegen.printer import text
    >>> x = sp.Symbol("x")
    >>> text(lower(x / 3 - sp.Rational(1, 100) * x**2))
    '-xp.rational(1, 100) * x ** 2 + xp.rational(1, 3) * x'
    """
    if isinstance(expression, sp.Integer):
        return Integer(int(expression))
    if isinstance(expression, sp.Rational):
        ratio = Ratio(abs(int(expression.p)), int(expression.q))
        return Negate(ratio) if expression.p < 0 else ratio
    if isinstance(expression, sp.Symbol):
        return Name(expression.name)
    if expression.is_number and expression.is_real and expression.has(sp.CRootOf):
        return lower(rational(expression))
    if expression is sp.pi:
        return Constant("pi")
    if expression is sp.E:
        return Call("exp", (Integer(1),))
    if isinstance(expression, sp.Indexed):
        return Item(expression.base.label.name, lower(expression.indices[0]))
    if isinstance(expression, sp.Add):
        return Add(tuple(lower(term) for term in expression.as_ordered_terms()))
    if isinstance(expression, sp.Mul):
        return _product(expression)
    if isinstance(expression, sp.Pow):
        return _power(expression.base, expression.exp)
    if isinstance(expression, sp.Max | sp.Min):
        return _extremum(expression)
    if isinstance(expression, sp.Heaviside):
        if (beyond := _beyond_rounded_place(expression.args[0])) is not None:
            return Call("where", (beyond, Integer(1), Integer(0)))
        argument = lower(expression.args[0])
        half = lower(expression.args[1])
        below = Call("where", (Compare(argument, "<", Integer(0)), _nothing(expression.args[0]), half))
        return Call("where", (Compare(argument, ">", Integer(0)), Integer(1), below))
    if isinstance(expression, sp.Piecewise):
        return _piecewise(expression)
    if isinstance(expression, Relational):
        exact = exact_relation(expression)
        relation = RELATIONS.get(exact.rel_op)
        if relation is not None:
            return Compare(lower(exact.lhs), relation, lower(exact.rhs))
    if isinstance(expression, sp.sign) and (beyond := _beyond_rounded_place(expression.args[0])) is not None:
        return Call("where", (beyond, Integer(1), Integer(-1)))
    if isinstance(expression, sp.And | sp.Or):
        function = "logical_and" if isinstance(expression, sp.And) else "logical_or"
        arguments = sorted(expression.args, key=sp.default_sort_key)
        node = lower(arguments[0])
        for argument in arguments[1:]:
            node = Call(function, (node, lower(argument)))
        return node
    if isinstance(expression, sp.asin):
        u = expression.args[0]
        return lower(2 * sp.atan(u / (1 + sp.sqrt((1 - u) * (1 + u)))))
    if isinstance(expression, sp.acos):
        u = expression.args[0]
        return lower(2 * sp.atan(sp.sqrt((1 - u) / (1 + u))))
    if isinstance(expression, sp.tan):
        angle = lower(expression.args[0])
        return Divide(Call("sin", (angle,)), Call("cos", (angle,)))
    if isinstance(expression, fractional_part):
        argument = lower(expression.args[0])
        return Add((argument, Negate(Call("floor", (argument,)))))
    if isinstance(expression, sp.sinh):
        return Call("hyperbolic_sine", (lower(expression.args[0]),), True)
    if isinstance(expression, sp.Function):
        name = FUNCTIONS.get(type(expression).__name__)
        if type(expression).__name__ in PRIMITIVES:
            return Call(type(expression).__name__, tuple(lower(argument) for argument in expression.args), True)
        if type(expression).__name__ in PRECISE:
            return Call(type(expression).__name__, (_argument_pair(*expression.args),), True)
        if name is not None:
            return Call(name, tuple(lower(argument) for argument in expression.args))
    raise CannotLowerError(
        f"{expression} ({type(expression).__name__}) has no counterpart in the kernel language; "
        f"known functions: {', '.join(sorted(FUNCTIONS))}"
    )


def _nothing(argument: sp.Expr) -> Node:
    """0; beside a step of a curve as a 0 like x, which is a series where x is one."""
    if len(argument.free_symbols) != 1 or argument.is_polynomial(*argument.free_symbols):
        return Integer(0)
    (variable,) = argument.free_symbols
    return Call("zeros_like", (lower(variable),))


def _beyond_rounded_place(argument: sp.Expr) -> Node | None:
    """The condition ``argument > 0``, where it changes its sign at one place that is no double."""
    relation = sp.Gt(argument, 0, evaluate=False)
    exact = exact_relation(relation)
    return None if exact is relation or is_double(exact.rhs) else lower(exact)


def lower_pair(value: sp.Expr) -> Node:
    """The pair of a constant and what rounding takes from it: nothing from a symbol, which is a double."""
    written = lower(value)
    if value.is_Symbol or is_double(value):
        return Tuple((written, Integer(0)))
    nearest = value if isinstance(value, sp.Rational) else sp.Rational(str(sp.N(value, 45)))
    return Tuple((written, Call("low_part", (written, Integer(int(nearest.p)), Integer(int(nearest.q))))))


def _argument_pair(argument: sp.Expr, variable: sp.Symbol) -> Node:
    if argument == variable:
        return Tuple((lower(variable), Integer(0)))
    coefficients = [lower_pair(c) for c in reversed(sp.Poly(argument, variable).all_coeffs())]
    return Call("polynomial_argument", (lower(variable), Tuple(tuple(coefficients))), True)


def _product(expression: sp.Mul) -> Node:
    numerator: list[Node] = []
    denominator: list[Node] = []
    coefficient, rest = expression.as_coeff_Mul()
    if not isinstance(coefficient, sp.Rational):
        raise CannotLowerError(f'{coefficient} is not an exact number; write decimals as text, "0.01" is 1/100')
    for factor in sp.Mul.make_args(rest):
        base, exponent = factor.as_base_exp()
        if isinstance(exponent, sp.Rational) and exponent < 0 and not isinstance(factor, sp.exp):
            denominator.append(_power(base, -exponent))
        elif factor != 1:
            numerator.append(lower(factor))
    numerator_integer, denominator_integer = abs(int(coefficient.p)), int(coefficient.q)
    if denominator_integer != 1 and numerator_integer != 1:
        numerator.insert(0, Ratio(numerator_integer, denominator_integer))
    elif denominator_integer != 1 and len(numerator) and not denominator and denominator_integer <= 2:
        denominator.insert(0, Integer(denominator_integer))
    elif denominator_integer != 1:
        numerator.insert(0, Ratio(1, denominator_integer))
    elif numerator_integer != 1 or not numerator:
        numerator.insert(0, Integer(numerator_integer))
    node = _multiply(numerator)
    if denominator:
        node = Divide(node, _multiply(denominator))
    return Negate(node) if coefficient < 0 else node


def _multiply(factors: list[Node]) -> Node:
    return factors[0] if len(factors) == 1 else Multiply(tuple(factors))


def _power(base: sp.Expr, exponent: sp.Expr) -> Node:
    if base is sp.E:
        return Call("exp", (lower(exponent),))
    if exponent == 1:
        return lower(base)
    if isinstance(exponent, sp.Rational) and not exponent.is_Integer and exponent > 0 and _is_flat_at_zero(base):
        return _power_beside_zero(base, exponent)
    if exponent == sp.Rational(1, 2):
        return Call("sqrt", (lower(base),))
    if isinstance(exponent, sp.Integer) and exponent >= 2:
        return Power(lower(base), int(exponent))
    if isinstance(exponent, sp.Rational) and exponent < 0:
        return Divide(Integer(1), _power(base, -exponent))
    if isinstance(exponent, sp.Rational) and exponent.q == 2:
        return Power(Call("sqrt", (lower(base),)), int(exponent.p))
    if base.is_number and base.is_positive:
        return Call("exp", (lower(sp.log(base) * exponent),))
    if isinstance(exponent, sp.Rational) and type(base).__name__ == "softplus" and len(base.args) == 1:
        return Call("softplus_power", (lower(base), lower(base.args[0]), lower_pair(exponent)), True)
    if isinstance(exponent, sp.Rational) and base.is_real:
        return Call("rational_power", (lower(base), lower_pair(exponent)), True)
    raise CannotLowerError(f"the power {base}**({exponent}) has no counterpart in the kernel language")


def _is_flat_at_zero(base: sp.Expr) -> bool:
    """Whether a function with kinks is 0 all along one side of some place, as far as a few places tell."""
    if not base.has(sp.Max, sp.Min, sp.Heaviside, sp.Piecewise) or len(base.free_symbols) != 1:
        return False
    (variable,) = base.free_symbols
    return any(base.subs(variable, place) == 0 for place in _FLAT_PLACES)


def _power_beside_zero(base: sp.Expr, exponent: sp.Rational) -> Node:
    """``base**exponent``, and 0 where the base is: 0 has a power series, and a power of it has none."""
    kept = sp.Symbol("kept", positive=True)
    positive = Compare(lower(base), ">", Integer(0))
    inner = Call("where", (positive, lower(base), Integer(1)))
    return Call("where", (positive, _with_value(_power(kept, exponent), Name(kept.name), inner), Integer(0)))


def _with_value(node: Node, name: Name, value: Node) -> Node:
    return value if node == name else rebuild(node, lambda child: _with_value(child, name, value))


def _extremum(expression: sp.Max | sp.Min) -> Node:
    name = "maximum" if isinstance(expression, sp.Max) else "minimum"
    arguments = sorted(expression.args, key=lambda a: (bool(a.is_number), sp.default_sort_key(a)))
    node = lower(arguments[0])
    for argument in arguments[1:]:
        node = Call(name, (node, lower(argument)))
    return node


def _piecewise(expression: sp.Piecewise) -> Node:
    last_value, last_condition = expression.args[-1]
    if last_condition is not sp.true:
        raise CannotLowerError(f"{expression} leaves part of the line without a value; end it with (value, True)")
    if (repeated := _repeated_branches(expression)) is not None:
        return repeated
    node = lower(last_value)
    for value, condition in reversed(expression.args[:-1]):
        node = Call("where", (lower(condition), lower(value), node))
    return node


def _repeated_branches(expression: sp.Piecewise) -> Node | None:
    """Many branches ``x < a``, ``x < b``, ... of which few differ, each written once; None of anything else."""
    values = [value for value, _ in expression.args]
    conditions = [condition for _, condition in expression.args[:-1]]
    different = list(dict.fromkeys(values))
    if len(values) < _MANY_BRANCHES or 2 * len(different) > len(values):
        return None
    if not all(isinstance(one, sp.StrictLessThan) and one.lhs.is_Symbol and one.rhs.is_number for one in conditions):
        return None
    numbers = [different.index(value) for value in values]
    terms: list[Node] = []
    for (before, after), condition in zip(pairwise(numbers), conditions, strict=True):
        counted = Multiply((Integer(abs(before - after)), lower(condition)))
        terms.append(counted if before > after else Negate(counted))
    number = Add((*terms, Integer(numbers[-1])) if numbers[-1] else tuple(terms))
    signs = [0 if value == 0 else 1 if value == different[-1] else -1 for value in different]
    if all(value in (0, different[-1], -different[-1]) for value in different):
        return Call("signed_branch", (number, Tuple(tuple(map(Integer, signs))), lower(different[-1])), True)
    return Call("branch", (number, Tuple(tuple(lower(value) for value in different))), True)
