"""The adversary: papers with one thing changed, and whether the verifier notices."""
