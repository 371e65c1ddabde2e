"""How tightly the place of an expression binds in print: a sum, a product, one factor of it, the base of a power."""

SUM, PRODUCT, FACTOR, BASE = range(4)
