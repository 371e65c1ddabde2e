"""What can go wrong in a decision, apart from bad input (which is `ValueError` or `TypeError`)."""


class SoundnessError(Exception):
    """A proof and a value in ball arithmetic contradict each other: a defect of the decider, never of the input."""


class NotReducible(Exception):
    """The expression has no normal form here; the message says which part and why."""


class OverBudget(NotReducible):
    """The normal form would pass the limit on steps."""


class NoPoint(ValueError):
    """No point of the domain satisfies the assumptions."""


class NoValue(ValueError):
    """A side contains a value that is undefined."""
