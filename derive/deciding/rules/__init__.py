"""Known relations between special functions, used from left to right to reach a basis.

Each module has functions from an expression to an equal one; `rewriting` applies them in a fixed order. They are facts
of the literature, cited where they stand, and each is held against balls in the tests.
"""
