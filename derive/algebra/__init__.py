"""Normal forms: polynomials in indexed sums, and polynomials in matrices that don't commute."""
