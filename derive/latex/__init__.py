"""Reading LaTeX into expressions and writing expressions as LaTeX."""
