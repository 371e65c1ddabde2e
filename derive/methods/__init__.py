"""The few ways to close a step. Each takes a :class:`~derive.methods.goal.Goal` and says what it found."""
