/* A complex matrix times a column, with real and imaginary parts beside each other, and in arrays of their own. */

void interleaved(long n, const double *restrict a, const double *restrict x, double *restrict y) {
    for (long i = 0; i < n; i++) {
        double real = 0, imaginary = 0;
#pragma omp simd reduction(+ : real, imaginary)
        for (long j = 0; j < n; j++) {
            const double p = a[2 * (i * n + j)], q = a[2 * (i * n + j) + 1], u = x[2 * j], v = x[2 * j + 1];
            real += p * u - q * v;
            imaginary += p * v + q * u;
        }
        y[2 * i] = real, y[2 * i + 1] = imaginary;
    }
}

void apart(long n, const double *restrict a, const double *restrict b, const double *restrict x,
           const double *restrict z, double *restrict y) {
    for (long i = 0; i < n; i++) {
        double real = 0, imaginary = 0;
#pragma omp simd reduction(+ : real, imaginary)
        for (long j = 0; j < n; j++) {
            const double p = a[i * n + j], q = b[i * n + j], u = x[j], v = z[j];
            real += p * u - q * v;
            imaginary += p * v + q * u;
        }
        y[2 * i] = real, y[2 * i + 1] = imaginary;
    }
}

void take_apart(long n, const double *restrict both, double *restrict real, double *restrict imaginary) {
#pragma omp simd
    for (long k = 0; k < n; k++) real[k] = both[2 * k], imaginary[k] = both[2 * k + 1];
}
