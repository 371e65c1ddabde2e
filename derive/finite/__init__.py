"""The parts of `derive.instance`.

    rings     balls, or rational functions of symbols    -> Ring
    draws     base values, functions, operators, states
    spinors   operators on C² and on polynomial spinors  -> Operator
    alphabets random quantities with finitely many values -> Unit
    tables    the joint probabilities of a law            -> Table

Nothing here is public but what `derive.instance` and `derive.second_proof` hand on.
"""
