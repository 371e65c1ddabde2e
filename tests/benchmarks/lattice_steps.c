/* Steps of fields on periodic lattices of three dimensions, written by hand: (3.13), (4.26a), (4.26b) and the gauged
   (4.26a) of fields-2024; and updates in place, which move as much memory and do next to nothing else.

   All types in one pass; rows in blocks, so that three planes of a block stay in the second cache; the sites at the
   edges of a row apart; a result that is larger than a cache is stored past it, row by row, without being read first. */
#include <immintrin.h>
#include <string.h>

#define AT(i, j, k) (((i) * n2 + (j)) * n3 + (k))
#define LONGEST 2048
#define AHEAD 8
#define LARGE (1 << 26)

static inline long after(long i, long n) { return i + 1 == n ? 0 : i + 1; }
static inline long before(long i, long n) { return i == 0 ? n - 1 : i - 1; }

/* Rows of a block: as many as keep so many planes in half a megabyte, but enough blocks for all threads. */
static long block(long planes, long n1, long n2, long n3) {
    const long most = 65536 / (planes * n3 + 1) + 1, share = n1 * n2 / 64 + 1;
    return most < share ? most : share;
}

/* A row from its buffer to memory in whole lines of the cache. What is left at its end waits before the buffer for the
   next row, unless this one is the last; how much that is comes back. */
static inline long stream(double *to, double *row, long held, long n, int last) {
    const double *from = row - held;
    long k = 0;
    to -= held, n += held;
#ifdef __AVX512F__
    for (; k < n && ((long)(to + k) & 63); k++) to[k] = from[k];
    for (; k + 8 <= n; k += 8) _mm512_stream_pd(to + k, _mm512_loadu_pd(from + k));
#else
    last = 1;
#endif
    memmove(last ? to + k : row - (n - k), from + k, (n - k) * sizeof(double));
    return last ? 0 : n - k;
}

void update(long n, double *x, const double *y) {
#pragma omp parallel for simd schedule(static)
    for (long k = 0; k < n; k++) x[k] = 0.5 * x[k] + 0.5 * y[k];
}

void update_of_two(long n, double *x, const double *y, const double *z) {
#pragma omp parallel for simd schedule(static)
    for (long k = 0; k < n; k++) x[k] = 0.5 * x[k] + 0.25 * y[k] + 0.25 * z[k];
}

#define KLEIN_GORDON(k, right, left)                                                                                  \
    out[k] = 2 * other[k] + here * row[k] + up[k] + down[k] + ahead[k] + back[k] + row[right] + row[left]

void klein_gordon(long n1, long n2, long n3, const double *restrict old, const double *restrict new, double m,
                  double *restrict next) {
    const double here = -7.0 - m * m;
    const long rows = block(5, n1, n2, n3);
    const int past = n1 * n2 * n3 * 8 > LARGE && n3 <= LONGEST;
#pragma omp parallel
    {
        double buffer[LONGEST + AHEAD] __attribute__((aligned(64)));
#pragma omp for collapse(2) schedule(static)
        for (long first = 0; first < n2; first += rows)
            for (long i = 0; i < n1; i++) {
                const long end = first + rows < n2 ? first + rows : n2;
                long held = 0;
                for (long j = first; j < end; j++) {
                    const double *restrict up = old + AT(after(i, n1), j, 0), *restrict down = old + AT(before(i, n1), j, 0);
                    const double *restrict ahead = old + AT(i, after(j, n2), 0), *restrict back = old + AT(i, before(j, n2), 0);
                    const double *restrict row = old + AT(i, j, 0), *restrict other = new + AT(i, j, 0);
                    double *restrict out = past ? buffer + AHEAD : next + AT(i, j, 0);
#pragma omp simd
                    for (long k = 1; k < n3 - 1; k++) KLEIN_GORDON(k, k + 1, k - 1);
                    KLEIN_GORDON(0, after(0, n3), n3 - 1);
                    if (n3 > 1) KLEIN_GORDON(n3 - 1, 0, n3 - 2);
                    if (past) held = stream(next + AT(i, j, 0), out, held, n3, j + 1 == end);
                }
            }
        _mm_sfence();
    }
}

/* The four types of a field at a site and the differences of another, along three axes. */
#define FOUR(F) F(0) F(1) F(2) F(3)
#define ROWS(a)                                                                                                       \
    const double *restrict p##a = same + a * n + here, *restrict q##a = other + a * n + here;                         \
    const double *restrict u##a = other + a * n + up, *restrict v##a = other + a * n + ahead;                         \
    double *restrict o##a = past ? buffer + a * (n3 + AHEAD) + AHEAD : next + a * n + here;
#define DIFFERENCE(a, k, k1)                                                                                          \
    const double f##a = p##a[k], g##a = q##a[k];                                                                      \
    double d##a = sign * (u##a[k] - g##a), e##a = sign * (v##a[k] - g##a), h##a = sign * (q##a[k1] - g##a);
#define RESULT(a, k, time)                                                                                            \
    o##a[k] = f##a + x[4 * a] * d0 + x[4 * a + 1] * d1 + x[4 * a + 2] * d2 + x[4 * a + 3] * d3                        \
              + x[16 + 4 * a] * e0 + x[16 + 4 * a + 1] * e1 + x[16 + 4 * a + 2] * e2 + x[16 + 4 * a + 3] * e3         \
              + x[32 + 4 * a] * h0 + x[32 + 4 * a + 1] * h1 + x[32 + 4 * a + 2] * h2 + x[32 + 4 * a + 3] * h3         \
              + (time) * (x0[4 * a] * f0 + x0[4 * a + 1] * f1 + x0[4 * a + 2] * f2 + x0[4 * a + 3] * f3);
#define SITE(k, k1)                                                                                                   \
    DIFFERENCE(0, k, k1) DIFFERENCE(1, k, k1) DIFFERENCE(2, k, k1) DIFFERENCE(3, k, k1)                               \
    RESULT(0, k, mass) RESULT(1, k, mass) RESULT(2, k, mass) RESULT(3, k, mass)
#define TURNED(a) const double t##a = y0[4 * a] * g0 + y0[4 * a + 1] * g1 + y0[4 * a + 2] * g2 + y0[4 * a + 3] * g3;
#define GAUGED(a) d##a -= b1 * t##a, e##a -= b2 * t##a, h##a -= b3 * t##a;
#define GAUGED_SITE(k, k1)                                                                                            \
    DIFFERENCE(0, k, k1) DIFFERENCE(1, k, k1) DIFFERENCE(2, k, k1) DIFFERENCE(3, k, k1)                               \
    const double b1 = field[here + k], b2 = field[n + here + k], b3 = field[2 * n + here + k];                        \
    const double b0 = mass + time[here + k];                                                                          \
    FOUR(TURNED) FOUR(GAUGED) RESULT(0, k, b0) RESULT(1, k, b0) RESULT(2, k, b0) RESULT(3, k, b0)

/* next = same + X (other one site further - other) + m X_0 same; with sign -1 the site before, and all signs the other
   way. `field` and `time` are the gauge field along the axes and in time, or null. */
static inline __attribute__((always_inline)) void dirac_step(
    long n1, long n2, long n3, const double *restrict same, const double *restrict other, const double *restrict given,
    const double *restrict given0, double mass, const double *restrict field, const double *restrict time,
    double *restrict next, const int sign) {
    const long n = n1 * n2 * n3, rows = block(field ? 20 : 16, n1, n2, n3);
    const int past = 4 * n * 8 > LARGE && n3 <= LONGEST;
    double x[48], x0[16], y0[16];
    for (int c = 0; c < 48; c++) x[c] = sign * given[c];
    for (int c = 0; c < 16; c++) x0[c] = sign * given0[c], y0[c] = given0[c];
    (void)y0;
#pragma omp parallel
    {
        double buffer[4 * (LONGEST + AHEAD)] __attribute__((aligned(64)));
#pragma omp for collapse(2) schedule(static)
        for (long first = 0; first < n2; first += rows)
            for (long i = 0; i < n1; i++) {
                const long last = first + rows < n2 ? first + rows : n2;
                long held[4] = {0};
                for (long j = first; j < last; j++) {
                    const long here = AT(i, j, 0), up = AT(sign > 0 ? after(i, n1) : before(i, n1), j, 0);
                    const long ahead = AT(i, sign > 0 ? after(j, n2) : before(j, n2), 0);
                    FOUR(ROWS)
                    const long begin = sign > 0 ? 0 : 1, end = sign > 0 ? n3 - 1 : n3;
                    const long edge = sign > 0 ? n3 - 1 : 0, across = sign > 0 ? 0 : n3 - 1;
                    if (field) {
#pragma omp simd
                        for (long k = begin; k < end; k++) { GAUGED_SITE(k, k + sign) }
                        GAUGED_SITE(edge, across)
                    } else {
#pragma omp simd
                        for (long k = begin; k < end; k++) { SITE(k, k + sign) }
                        SITE(edge, across)
                    }
                    if (past)
                        for (int a = 0; a < 4; a++)
                            held[a] = stream(next + a * n + here, buffer + a * (n3 + AHEAD) + AHEAD, held[a], n3, j + 1 == last);
                }
            }
        _mm_sfence();
    }
}

void dirac_states(long n1, long n2, long n3, const double *phi, const double *pi, const double *x, const double *x0,
                  double m, double *next) {
    dirac_step(n1, n2, n3, phi, pi, x, x0, m, 0, 0, next, 1);
}

void dirac_learning(long n1, long n2, long n3, const double *phi, const double *pi, const double *x, const double *x0,
                    double m, double *next) {
    dirac_step(n1, n2, n3, pi, phi, x, x0, m, 0, 0, next, -1);
}

void gauged_states(long n1, long n2, long n3, const double *phi, const double *pi, const double *x, const double *x0,
                   const double *field, const double *time, double m, double *next) {
    dirac_step(n1, n2, n3, phi, pi, x, x0, m, field, time, next, 1);
}
