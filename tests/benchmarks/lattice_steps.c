/* Steps of fields on periodic lattices of three dimensions, written by hand: (3.13) and (4.26a). Rows with OpenMP; in a
   row the sites at the edges apart, so that the compiler's vectors run over the rest. */

#define AT(i, j, k) (((i) * n2 + (j)) * n3 + (k))

void klein_gordon(long n1, long n2, long n3, const double *restrict old, const double *restrict new, double m,
                  double *restrict next) {
    const double here = -7.0 - m * m;
#pragma omp parallel for collapse(2) schedule(static)
    for (long i = 0; i < n1; i++)
        for (long j = 0; j < n2; j++) {
            const double *restrict up = old + AT((i + 1) % n1, j, 0), *restrict down = old + AT((i + n1 - 1) % n1, j, 0);
            const double *restrict ahead = old + AT(i, (j + 1) % n2, 0), *restrict back = old + AT(i, (j + n2 - 1) % n2, 0);
            const double *restrict row = old + AT(i, j, 0), *restrict other = new + AT(i, j, 0);
            double *restrict out = next + AT(i, j, 0);
            for (long k = 1; k < n3 - 1; k++)
                out[k] = 2 * other[k] + here * row[k] + up[k] + down[k] + ahead[k] + back[k] + row[k + 1] + row[k - 1];
            for (long k = 0; k < n3; k += n3 > 1 ? n3 - 1 : 1)
                out[k] = 2 * other[k] + here * row[k] + up[k] + down[k] + ahead[k] + back[k] + row[(k + 1) % n3]
                         + row[(k + n3 - 1) % n3];
        }
}

/* What the type b adds to one type: all in scalars, so that the compiler keeps them in registers. */
#define TYPE(b)                                                                                                       \
    const double u##b = x[4 * a + b], v##b = x[16 + 4 * a + b], w##b = x[32 + 4 * a + b];                             \
    const double y##b = m * x0[4 * a + b], z##b = -u##b - v##b - w##b;                                                \
    const double *restrict p##b = pi + b * n + row, *restrict q##b = pi + b * n + up;                                 \
    const double *restrict r##b = pi + b * n + ahead, *restrict s##b = phi + b * n + row;
#define TERM(b, k, after) (z##b * p##b[k] + u##b * q##b[k] + v##b * r##b[k] + w##b * p##b[after] + y##b * s##b[k])

void dirac(long n1, long n2, long n3, const double *restrict phi, const double *restrict pi, const double *restrict x,
           const double *restrict x0, double m, double *restrict next) {
    const long n = n1 * n2 * n3;
#pragma omp parallel for collapse(2) schedule(static)
    for (long i = 0; i < n1; i++)
        for (long j = 0; j < n2; j++) {
            const long row = AT(i, j, 0), up = AT((i + 1) % n1, j, 0), ahead = AT(i, (j + 1) % n2, 0);
            for (long a = 0; a < 4; a++) {
                TYPE(0) TYPE(1) TYPE(2) TYPE(3)
                const double *restrict old = phi + a * n + row;
                double *restrict out = next + a * n + row;
#pragma omp simd
                for (long k = 0; k < n3 - 1; k++)
                    out[k] = old[k] + TERM(0, k, k + 1) + TERM(1, k, k + 1) + TERM(2, k, k + 1) + TERM(3, k, k + 1);
                const long k = n3 - 1;
                out[k] = old[k] + TERM(0, k, 0) + TERM(1, k, 0) + TERM(2, k, 0) + TERM(3, k, 0);
            }
        }
}
