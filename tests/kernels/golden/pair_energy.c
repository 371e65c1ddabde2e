#include <math.h>
typedef double real;

void kernel(const long *sizes, void **arrays) {
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
#pragma omp parallel for schedule(static) if((double)N * (6 + (double)N * (32)) > 400000) reduction(+:part_1)
    for (long i = 0; i < N; i++) {
        const real t_12 = -r[i];
        const real t_13 = r[1 * N + i];
        const real t_14 = m[i];
        const real t_15 = q[i];
        real s_7 = 0;
        real s_8 = 0;
        real s_9 = 0;
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
        part_1 += t_14 * s_7;
        gradient_r[i] = -adjoint_part_1 * s_8;
        gradient_r[1 * N + i] = -adjoint_part_1 * s_9;
    }
    const real H = epsilon * part_1;
    *(real *)arrays[4] = H;
}
