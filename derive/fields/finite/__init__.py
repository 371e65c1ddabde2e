"""Finite models of lines about fields: few neurons or sites, exact numbers, and nothing of the proofs but the tree."""
