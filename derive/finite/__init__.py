"""The parts of `derive.instance`.

    rings      balls, or rational functions of symbols     -> Ring
    draws      base values, functions, operators, states
    spinors    operators on C² and on polynomial spinors   -> Operator
    alphabets  random quantities of finitely many values   -> Unit
    building   the joint probabilities of a law, by rules  -> Table
    tables     densities and expectations under the laws
    moving     derivatives, by dual numbers
    quantities symbols and functions: by rules, else drawn
    evaluation expressions, by their nodes
    free       what no integral and no expectation binds
    comparing  two sides, and whether all rules hold
    witness    what was drawn, in words

Nothing here is public but what `derive.instance` and `derive.second_proof` hand on.
"""
