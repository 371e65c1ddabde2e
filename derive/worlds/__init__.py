"""The parts of `derive.model`.

balls       exact numbers as balls, and as digits
places      numbers for the indices of a statement
seeds       what a draw depends on
quantities  symbols and matrices: by rules, else drawn
evaluation  numbers, components and matrices, by their nodes
laws        finite distributions in the place of laws
"""
