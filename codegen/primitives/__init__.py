"""Numerical building blocks whose source text is copied into the kernels that use them.

Every function takes the array namespace ``xp`` first and runs unchanged on NumPy, CuPy and mpmath. Arrays are
one-dimensional and of one shape. No float literal stands in a body: integers are exact in every arithmetic,
rationals come from ``xp.rational``, method constants from ``xp.method``.
"""
