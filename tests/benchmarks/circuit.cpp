// The circuit stepped by hand in C++: what the compiled kernel is measured against, never what Overtone runs.
//
// State (i, v); per sub-step, all coefficients times its length (core/physics/kernels/circuit.py):
//     i' = a_u u - a_r i - a_v v,   v' = c_i i - c_g v - c_k max(v - v_th, 0)^2
// Two vectors of 16 shots are stepped side by side; everything of a step stays in registers.
#include <algorithm>
#include <cstring>

namespace {

constexpr int WIDTH = 16, VECTORS = 2, LANES = WIDTH * VECTORS, TILE = 16, COEFFICIENTS = 7;
typedef float Vector __attribute__((vector_size(WIDTH * sizeof(float))));

struct Circuit { float a_u, a_r, a_v, c_i, c_g, c_k, v_th; };
struct State { Vector i, v; };

inline Vector over(Vector v, const Circuit& c) {
    const Vector excess = v - c.v_th, zero = {};
    return excess > zero ? excess : zero;
}

inline State slope(State s, Vector drive, Vector m, const Circuit& c) {
    return {drive - c.a_r * s.i - c.a_v * s.v, c.c_i * s.i - c.c_g * s.v - c.c_k * m * m};
}

inline State along(State s, float h, State k) { return {s.i + h * k.i, s.v + h * k.v}; }

inline State step(State s, Vector drive, const Circuit& c) {
    const State k1 = slope(s, drive, over(s.v, c), c);
    const State s2 = along(s, 0.5f, k1), k2 = slope(s2, drive, over(s2.v, c), c);
    const State s3 = along(s, 0.5f, k2), k3 = slope(s3, drive, over(s3.v, c), c);
    const State s4 = along(s, 1.0f, k3), k4 = slope(s4, drive, over(s4.v, c), c);
    const float third = 1.0f / 3, sixth = 1.0f / 6;
    return {s.i + sixth * (k1.i + k4.i) + third * (k2.i + k3.i), s.v + sixth * (k1.v + k4.v) + third * (k2.v + k3.v)};
}

// The transpose of a slope: what a cotangent g of the slope is for the state.
inline State pull(State g, Vector m, const Circuit& c) {
    return {c.c_i * g.v - c.a_r * g.i, -c.a_v * g.i - (c.c_g + 2 * c.c_k * m) * g.v};
}

inline State step_adjoint(State s1, Vector u, State g, Vector* total, Vector& drive_gradient, const Circuit& c) {
    const Vector drive = c.a_u * u;
    const Vector m1 = over(s1.v, c);
    const State k1 = slope(s1, drive, m1, c), s2 = along(s1, 0.5f, k1);
    const Vector m2 = over(s2.v, c);
    const State k2 = slope(s2, drive, m2, c), s3 = along(s1, 0.5f, k2);
    const Vector m3 = over(s3.v, c);
    const State k3 = slope(s3, drive, m3, c), s4 = along(s1, 1.0f, k3);
    const Vector m4 = over(s4.v, c);
    const float third = 1.0f / 3, sixth = 1.0f / 6;
    const State g4 = {sixth * g.i, sixth * g.v}, x4 = pull(g4, m4, c);
    const State g3 = {third * g.i + x4.i, third * g.v + x4.v}, x3 = pull(g3, m3, c);
    const State g2 = {third * g.i + 0.5f * x3.i, third * g.v + 0.5f * x3.v}, x2 = pull(g2, m2, c);
    const State g1 = {sixth * g.i + 0.5f * x2.i, sixth * g.v + 0.5f * x2.v}, x1 = pull(g1, m1, c);
    const Vector sum = g1.i + g2.i + g3.i + g4.i;
    total[0] += u * sum;
    total[1] -= s1.i * g1.i + s2.i * g2.i + s3.i * g3.i + s4.i * g4.i;
    total[2] -= s1.v * g1.i + s2.v * g2.i + s3.v * g3.i + s4.v * g4.i;
    total[3] += s1.i * g1.v + s2.i * g2.v + s3.i * g3.v + s4.i * g4.v;
    total[4] -= s1.v * g1.v + s2.v * g2.v + s3.v * g3.v + s4.v * g4.v;
    total[5] -= m1 * m1 * g1.v + m2 * m2 * g2.v + m3 * m3 * g3.v + m4 * m4 * g4.v;
    total[6] += 2 * c.c_k * (m1 * g1.v + m2 * g2.v + m3 * g3.v + m4 * g4.v);
    drive_gradient += c.a_u * sum;
    return {g.i + x1.i + x2.i + x3.i + x4.i, g.v + x1.v + x2.v + x3.v + x4.v};
}

// Transposes 16 by 16 numbers in registers: four times, rows i and i + 8 are merged like halves of a pack of cards.
inline void turn_square(const float* source, long step, float* target, long stride) {
    typedef int Places __attribute__((vector_size(WIDTH * sizeof(int))));
    const Places low = {0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23}, high = low + 8;
    Vector square[WIDTH], merged[WIDTH];
    for (int i = 0; i < WIDTH; ++i) std::memcpy(&square[i], source + i * step, sizeof(Vector));
    for (int round = 0; round < 4; ++round) {
        for (int i = 0; i < WIDTH / 2; ++i) {
            merged[2 * i] = __builtin_shuffle(square[i], square[i + WIDTH / 2], low);
            merged[2 * i + 1] = __builtin_shuffle(square[i], square[i + WIDTH / 2], high);
        }
        std::copy(merged, merged + WIDTH, square);
    }
    for (int i = 0; i < WIDTH; ++i) std::memcpy(target + i * stride, &square[i], sizeof(Vector));
}

// Rows of shots to lanes and back, a tile of samples at a time.
inline void to_lanes(const float* rows, long samples, long shots, long t, long count, float* tile) {
    if (shots == LANES && count == TILE) {
        for (long j = 0; j < LANES; j += WIDTH) turn_square(rows + j * samples + t, samples, tile + j, LANES);
        return;
    }
    for (long j = 0; j < shots; ++j)
        for (long k = 0; k < count; ++k) tile[k * LANES + j] = rows[j * samples + t + k];
}

inline void to_rows(const float* tile, long samples, long shots, long t, long count, float* rows) {
    if (shots == LANES && count == TILE) {
        for (long j = 0; j < LANES; j += WIDTH) turn_square(tile + j, LANES, rows + j * samples + t, samples);
        return;
    }
    for (long j = 0; j < shots; ++j)
        for (long k = 0; k < count; ++k) rows[j * samples + t + k] = tile[k * LANES + j];
}

}  // namespace

extern "C" {

// drive and response (batch, samples); states (blocks, samples, 2, LANES), those before each sample.
void forward(const float* drive, const Circuit* circuit, float* response, float* states, long batch, long samples) {
    const Circuit c = *circuit;
    for (long start = 0; start < batch; start += LANES) {
        const long shots = std::min<long>(LANES, batch - start);
        State s[VECTORS] = {};
        alignas(64) float inputs[TILE * LANES] = {}, outputs[TILE * LANES];
        for (long t0 = 0; t0 < samples; t0 += TILE) {
            const long count = std::min<long>(TILE, samples - t0);
            to_lanes(drive + start * samples, samples, shots, t0, count, inputs);
            for (long t = 0; t < count; ++t) {
                float* kept = states + ((start / LANES) * samples + t0 + t) * 2 * LANES;
                for (int w = 0; w < VECTORS; ++w) {
                    std::memcpy(kept + w * WIDTH, &s[w].i, sizeof(Vector));
                    std::memcpy(kept + LANES + w * WIDTH, &s[w].v, sizeof(Vector));
                    Vector u;
                    std::memcpy(&u, inputs + t * LANES + w * WIDTH, sizeof(Vector));
                    s[w] = step(step(s[w], c.a_u * u, c), c.a_u * u, c);
                    std::memcpy(outputs + t * LANES + w * WIDTH, &s[w].v, sizeof(Vector));
                }
            }
            to_rows(outputs, samples, shots, t0, count, response + start * samples);
        }
    }
}

// cotangent and gradient (batch, samples); total (COEFFICIENTS) is added to.
void backward(const float* drive, const Circuit* circuit, const float* states, const float* cotangent,
              float* gradient, float* total, long batch, long samples) {
    const Circuit c = *circuit;
    for (long start = 0; start < batch; start += LANES) {
        const long shots = std::min<long>(LANES, batch - start);
        State g[VECTORS] = {};
        Vector sums[VECTORS][COEFFICIENTS] = {};
        alignas(64) float inputs[TILE * LANES] = {}, incoming[TILE * LANES] = {}, outgoing[TILE * LANES];
        for (long t0 = (samples - 1) / TILE * TILE; t0 >= 0; t0 -= TILE) {
            const long count = std::min<long>(TILE, samples - t0);
            to_lanes(drive + start * samples, samples, shots, t0, count, inputs);
            to_lanes(cotangent + start * samples, samples, shots, t0, count, incoming);
            for (long t = count - 1; t >= 0; --t) {
                const float* kept = states + ((start / LANES) * samples + t0 + t) * 2 * LANES;
                for (int w = 0; w < VECTORS; ++w) {
                    State s;
                    Vector u, incoming_v, drive_gradient = {};
                    std::memcpy(&s.i, kept + w * WIDTH, sizeof(Vector));
                    std::memcpy(&s.v, kept + LANES + w * WIDTH, sizeof(Vector));
                    std::memcpy(&u, inputs + t * LANES + w * WIDTH, sizeof(Vector));
                    std::memcpy(&incoming_v, incoming + t * LANES + w * WIDTH, sizeof(Vector));
                    g[w].v += incoming_v;
                    const State middle = step(s, c.a_u * u, c);
                    g[w] = step_adjoint(middle, u, g[w], sums[w], drive_gradient, c);
                    g[w] = step_adjoint(s, u, g[w], sums[w], drive_gradient, c);
                    std::memcpy(outgoing + t * LANES + w * WIDTH, &drive_gradient, sizeof(Vector));
                }
            }
            to_rows(outgoing, samples, shots, t0, count, gradient + start * samples);
        }
        for (int w = 0; w < VECTORS; ++w)
            for (int k = 0; k < COEFFICIENTS; ++k)
                for (int j = 0; j < WIDTH; ++j) total[k] += sums[w][k][j];
    }
}
}
