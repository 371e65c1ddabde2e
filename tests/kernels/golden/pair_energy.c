#include <math.h>
typedef double real;

#if defined(__AVX512F__) && defined(__GNUC__) && !defined(__clang__)
#define WIDE __attribute__((target("prefer-vector-width=512")))
#else
#define WIDE
#endif

#ifdef __AVX512F__
#include <string.h>
static inline double estimate(double x, double *e) {
    long bits;
    double y;
    memcpy(&bits, &x, sizeof bits);
    bits = 0x5fe6eb50c7b537a9 - (bits >> 1);
    memcpy(&y, &bits, sizeof y);
    *e = 1 - x * y * y;
    y += y * *e * (0.5 + 0.375 * *e);
    *e = 1 - x * y * y;
    return y + y * *e * (0.5 + 0.375 * *e);
}
static inline double root(double x, double *off) {
    double e;
    const double y = estimate(x, &e), found = x * y;
    e = 1 - found * y, *off += e * e;
    return found + 0.5 * found * e;
}
static inline double inverse_root(double x, double *off) {
    double e;
    const double y = estimate(x, &e);
    e = 1 - x * y * y, *off += e * e;
    return y + 0.5 * y * e;
}
#else
#define root(x, off) sqrt(x)
#define inverse_root(x, off) (1 / sqrt(x))
#endif

static void short_loops(const long *sizes, void **arrays) {
    const long N = sizes[0];
    const long D = sizes[1];
    const real *restrict m = arrays[0];
    const real *restrict q = arrays[1];
    const real *restrict r = arrays[2];
    const real epsilon = *(const real *)arrays[3];
    real *restrict gradient_r = arrays[5];
    (void)sizes; (void)N;
    (void)sizes; (void)D;
    const real adjoint_part_1 = epsilon;
    real part_1 = 0;
#pragma omp parallel for schedule(static) if((double)N * (6 + (double)N * (32)) > 1000000) reduction(+:part_1)
    for (long i = 0; i < N; i++) {
        const real t_12 = -r[i];
        const real t_13 = r[1 * N + i];
        const real t_14 = m[i];
        const real t_15 = q[i];
        real s_7 = 0;
        real s_8 = 0;
        real s_9 = 0;
#pragma omp simd reduction(+:s_7) reduction(+:s_8) reduction(+:s_9)
        for (long j = 0; j < N; j++) {
            const real t_16 = r[j] + t_12;
            const real t_17 = t_13 - r[1 * N + j];
            const real t_18 = 1.0 / sqrt(t_16 * t_16 + t_17 * t_17);
            const real t_19 = (t_14 * q[j] + m[j] * t_15) * t_18 * t_18 * t_18;
            s_7 += j == i ? 0 : (q[j] * t_18);
            s_8 += j == i ? 0 : (-t_16 * t_19);
            s_9 += j == i ? 0 : (t_17 * t_19);
        }
        part_1 += t_14 * s_7;
        gradient_r[i] = -adjoint_part_1 * s_8;
        gradient_r[1 * N + i] = -adjoint_part_1 * s_9;
    }
    const real H = epsilon * part_1;
    *(real *)arrays[4] = H;
}

WIDE void kernel(const long *sizes, void **arrays) {
    const long N = sizes[0];
    const long D = sizes[1];
    if (N < sizes[2]) {
        short_loops(sizes, arrays);
        return;
    }
    const real *restrict m = arrays[0];
    const real *restrict q = arrays[1];
    const real *restrict r = arrays[2];
    const real epsilon = *(const real *)arrays[3];
    real *restrict gradient_r = arrays[5];
    (void)sizes; (void)N;
    (void)sizes; (void)D;
    const real adjoint_part_1 = epsilon;
    real part_1 = 0;
#pragma omp parallel for schedule(static) if((double)N * (6 + (double)N * (32)) > 1000000) reduction(+:part_1)
    for (long i = 0; i < N; i++) {
        const real t_12 = -r[i];
        const real t_13 = r[1 * N + i];
        const real t_14 = m[i];
        const real t_15 = q[i];
        real s_7 = 0;
        real s_8 = 0;
        real s_9 = 0;
        double off_2 = 0;
        for (long j_half = 0; j_half < 2; j_half++) {
            const long j_first = j_half ? i + 1 : 0;
            const long j_last = j_half ? N : i;
#pragma omp simd reduction(+:s_7) reduction(+:s_8) reduction(+:s_9) reduction(+:off_2)
            for (long j = j_first; j < j_last; j++) {
                const real t_16 = r[j] + t_12;
                const real t_17 = t_13 - r[1 * N + j];
                const real t_18 = inverse_root(t_16 * t_16 + t_17 * t_17, &off_2);
                const real t_19 = (t_14 * q[j] + m[j] * t_15) * t_18 * t_18 * t_18;
                s_7 += q[j] * t_18;
                s_8 += -t_16 * t_19;
                s_9 += t_17 * t_19;
            }
        }
        if (!(off_2 < 1e-17)) {
            s_7 = 0;
            s_8 = 0;
            s_9 = 0;
            for (long j_half = 0; j_half < 2; j_half++) {
                const long j_first = j_half ? i + 1 : 0;
                const long j_last = j_half ? N : i;
#pragma omp simd reduction(+:s_7) reduction(+:s_8) reduction(+:s_9)
                for (long j = j_first; j < j_last; j++) {
                    const real t_16 = r[j] + t_12;
                    const real t_17 = t_13 - r[1 * N + j];
                    const real t_18 = 1.0 / sqrt(t_16 * t_16 + t_17 * t_17);
                    const real t_19 = (t_14 * q[j] + m[j] * t_15) * t_18 * t_18 * t_18;
                    s_7 += q[j] * t_18;
                    s_8 += -t_16 * t_19;
                    s_9 += t_17 * t_19;
                }
            }
        }
        part_1 += t_14 * s_7;
        gradient_r[i] = -adjoint_part_1 * s_8;
        gradient_r[1 * N + i] = -adjoint_part_1 * s_9;
    }
    const real H = epsilon * part_1;
    *(real *)arrays[4] = H;
}
