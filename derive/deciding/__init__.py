"""The parts of `derive.decide`.

    domain      what the symbols range over            -> Problem
    values      single operations, exact or in balls   -> Value
    balls       whole expressions at a point           -> Program
    points      the points at which it is evaluated    -> Point
    examination both sides at points                   -> Trial
    preparation hypotheses, and real and imaginary parts
    fractions   the field of rational functions, with algebraic relations
    signs       when a polynomial is positive on the domain
    splitting   factors of polynomials and numbers
    factors     roots, logarithms and exponentials of a fraction, split only where the domain allows it
    functions   how each named function enters the tower
    tower       SymPy expression -> fraction
    vanishing   is a fraction zero?
    induction   finite sums with a symbolic upper limit

Nothing here is public but what `derive.decide` hands on.
"""
