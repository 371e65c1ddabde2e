/* The pair Hamiltonian with its gradient by the positions, written by hand: planes of components, one row of pairs for
   each particle, two passes, OpenMP over rows. What exported kernels are measured against. */
#include <math.h>
#include <stdlib.h>

double hamiltonian(long n, const double *restrict m, const double *restrict q, const double *restrict r,
                   const double *restrict v, double epsilon, double *restrict gradient, double *restrict w) {
    const double *x = r, *y = r + n, *z = r + 2 * n, *vx = v, *vy = v + n, *vz = v + 2 * n;
    double *wx = w, *wy = w + n, *wz = w + 2 * n, total = 0, e2 = epsilon * epsilon;
    const int many = n >= 150;
#pragma omp parallel for schedule(static) reduction(+ : total) if (many)
    for (long i = 0; i < n; i++) {
        double ax = 0, ay = 0, az = 0, u = 0;
        for (int half = 0; half < 2; half++) {
            const long first = half ? i + 1 : 0, last = half ? n : i;
#pragma omp simd reduction(+ : ax, ay, az, u)
            for (long j = first; j < last; j++) {
                const double dx = x[i] - x[j], dy = y[i] - y[j], dz = z[i] - z[j];
                const double f = q[j] / sqrt(dx * dx + dy * dy + dz * dz);
                ax += f * vx[j];
                ay += f * vy[j];
                az += f * vz[j];
                u += f;
            }
        }
        const double px = m[i] * vx[i] + 0.5 * q[i] * ax, py = m[i] * vy[i] + 0.5 * q[i] * ay;
        const double pz = m[i] * vz[i] + 0.5 * q[i] * az, k = 0.5 * q[i] / m[i];
        wx[i] = k * px;
        wy[i] = k * py;
        wz[i] = k * pz;
        total += 0.5 * e2 * q[i] * u - (px * px + py * py + pz * pz) / (2 * m[i]);
    }
#pragma omp parallel for schedule(static) if (many)
    for (long i = 0; i < n; i++) {
        double gx = 0, gy = 0, gz = 0;
        for (int half = 0; half < 2; half++) {
            const long first = half ? i + 1 : 0, last = half ? n : i;
#pragma omp simd reduction(+ : gx, gy, gz)
            for (long j = first; j < last; j++) {
                const double dx = x[i] - x[j], dy = y[i] - y[j], dz = z[i] - z[j];
                const double t = 1 / sqrt(dx * dx + dy * dy + dz * dz);
                const double own = wx[i] * vx[j] + wy[i] * vy[j] + wz[i] * vz[j];
                const double other = wx[j] * vx[i] + wy[j] * vy[i] + wz[j] * vz[i];
                const double f = t * t * t * (q[j] * own + q[i] * other - e2 * q[i] * q[j]);
                gx += f * dx;
                gy += f * dy;
                gz += f * dz;
            }
        }
        gradient[i] = gx;
        gradient[n + i] = gy;
        gradient[2 * n + i] = gz;
    }
    return total;
}
