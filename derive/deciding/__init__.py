"""The parts of `derive.decide`. ARCHITECTURE.md lists the modules; nothing here is public but what `derive.decision`
hands on.

domain -> Problem; points, balls, examination -> Trial; proving -> Certificate; replay checks one again.
"""
