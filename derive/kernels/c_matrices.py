"""Inverses, determinants and exponentials in C, for a type ``real`` with SIZE and LOG.

Elimination with the largest pivots; the series of a part of the matrix, squared again and again.
"""

INVERSE = """
static void inverse(long n, const real *matrix, real *found) {
    real *left = malloc((n * n + 1) * sizeof(real));
    memcpy(left, matrix, n * n * sizeof(real));
    for (long k = 0; k < n * n; k++) found[k] = k % (n + 1) == 0;
    for (long k = 0; k < n; k++) {
        long pivot = k;
        for (long i = k + 1; i < n; i++) if (SIZE(left[i * n + k]) > SIZE(left[pivot * n + k])) pivot = i;
        const real factor = 1 / left[pivot * n + k];
        for (long j = 0; j < n; j++) {
            const real one = left[pivot * n + j], other = found[pivot * n + j];
            left[pivot * n + j] = left[k * n + j], found[pivot * n + j] = found[k * n + j];
            left[k * n + j] = one * factor, found[k * n + j] = other * factor;
        }
        for (long i = 0; i < n; i++) {
            const real times = left[i * n + k];
            if (i != k) for (long j = 0; j < n; j++) {
                left[i * n + j] -= times * left[k * n + j];
                found[i * n + j] -= times * found[k * n + j];
            }
        }
    }
    free(left);
}
"""
DETERMINANT = """
static real determinant(long n, const real *matrix, int logarithm) {
    real *left = malloc((n * n + 1) * sizeof(real)), found = logarithm ? 0 : 1, sign = 1;
    memcpy(left, matrix, n * n * sizeof(real));
    for (long k = 0; k < n; k++) {
        long pivot = k;
        for (long i = k + 1; i < n; i++) if (SIZE(left[i * n + k]) > SIZE(left[pivot * n + k])) pivot = i;
        if (pivot != k) {
            for (long j = 0; j < n; j++) {
                const real one = left[pivot * n + j];
                left[pivot * n + j] = left[k * n + j], left[k * n + j] = one;
            }
            sign = -sign;
        }
        const real value = left[k * n + k];
        if (logarithm) found += LOG((real)SIZE(value)), sign *= value / SIZE(value);
        else found *= value;
        for (long i = k + 1; i < n; i++) {
            const real times = left[i * n + k] / value;
            for (long j = k; j < n; j++) left[i * n + j] -= times * left[k * n + j];
        }
    }
    free(left);
    return logarithm ? found + LOG(sign) : found * sign;
}
"""
EXPONENTIAL = """
static void times(long n, const real *restrict left, const real *restrict right, real *restrict found) {
    for (long i = 0; i < n; i++) {
        for (long j = 0; j < n; j++) found[i * n + j] = 0;
        for (long k = 0; k < n; k++) {
            const real factor = left[i * n + k];
            for (long j = 0; j < n; j++) found[i * n + j] += factor * right[k * n + j];
        }
    }
}

static void exponential(long n, const real *matrix, real *found) {
    double norm = 0;
    for (long j = 0; j < n; j++) {
        double sum = 0;
        for (long i = 0; i < n; i++) sum += SIZE(matrix[i * n + j]);
        if (!(sum <= norm)) norm = sum;
    }
    const int squares = norm > 0 && norm < HUGE_VAL && ceil(log2(norm)) + 1 > 0 ? (int)ceil(log2(norm)) + 1 : 0;
    const long size = n * n;
    real *room = malloc((6 * size + 1) * sizeof(real)), *other = room + 5 * size;
    for (long k = 0; k < size; k++) {
        room[k] = k % (n + 1) == 0, room[size + k] = matrix[k] * (real)ldexp(1, -squares), found[k] = 0;
    }
    times(n, room + size, room + size, room + 2 * size);
    times(n, room + 2 * size, room + size, room + 3 * size);
    times(n, room + 2 * size, room + 2 * size, room + 4 * size);
    for (int number = 16; number >= 0; number--) {
        double term = 1;
        for (int factor = 2; factor <= number; factor++) term /= factor;
        const real *power = room + number % 4 * size;
        for (long k = 0; k < size; k++) found[k] += (real)term * power[k];
        if (number % 4 == 0 && number > 0) {
            times(n, room + 4 * size, found, other);
            memcpy(found, other, size * sizeof(real));
        }
    }
    for (int number = 0; number < squares; number++) {
        times(n, found, found, other);
        memcpy(found, other, size * sizeof(real));
    }
    free(room);
}
"""
