"""Re-derives the numbered equations of a paper and says, with evidence, whether each holds as printed.

One encoding, four readers: the printed LaTeX, a notation table and a few annotations give one symbolic
statement per equation, which is proved, printed, compiled and compared with simulation.
"""

__version__ = "0.1.0"
