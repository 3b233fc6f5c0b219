// Depthwise and pointwise convolutions, forwards and backwards, for float32 NCHW tensors. PaddlePaddle's
// own CPU kernels for these take nine tenths of a PicoDet training step; these take a fraction of it.
// Called through ctypes by fast_conv.py; every pointer is dense and every size positive.
#include <algorithm>
#include <cstring>
#include <vector>

#define VEC 16
typedef float vec __attribute__((vector_size(VEC * 4), aligned(4)));

static inline vec load(const float *p) { return *reinterpret_cast<const vec *>(p); }
static inline void store(float *p, vec v) { *reinterpret_cast<vec *>(p) = v; }
static inline vec splat(float f) { return f - (vec){}; }
static inline float sum(vec v) {
  float s = 0;
  for (int i = 0; i < VEC; i++) s += v[i];
  return s;
}
static int roundUp(int n) { return (n + VEC - 1) / VEC * VEC; }

// A zero-padded plane whose rows can be read in whole vectors at any kernel column. With stride 2 even and
// odd columns lie apart, so that a row is contiguous again.
struct Plane {
  int stride, pitch, rows;
  std::vector<float> cells[2];
  Plane(int k, int stride, int outHeight, int outWidth)
      : stride(stride), pitch(roundUp(outWidth) + k + VEC), rows((outHeight - 1) * stride + k) {
    for (int i = 0; i < stride; i++) cells[i].assign(static_cast<size_t>(rows) * pitch, 0.f);
  }
  void fill(const float *in, int height, int width, int pad) {
    for (int y = 0; y < height && y + pad < rows; y++) {
      const float *row = in + static_cast<size_t>(y) * width;
      if (stride == 1) {
        int count = std::min(width, pitch - pad);
        memcpy(&cells[0][static_cast<size_t>(y + pad) * pitch + pad], row, count * sizeof(float));
        continue;
      }
      for (int x = 0; x < width; x++) {
        int at = x + pad;
        cells[at & 1][static_cast<size_t>(y + pad) * pitch + (at >> 1)] = row[x];
      }
    }
  }
  const float *at(int row, int column) const {
    if (stride == 1) return &cells[0][static_cast<size_t>(row) * pitch + column];
    return &cells[column & 1][static_cast<size_t>(row) * pitch + (column >> 1)];
  }
};

template <int K>
static void correlate(const Plane &plane, const float *w, float *out, int height, int width, bool add = false) {
  std::vector<float> line(roundUp(width));
  for (int y = 0; y < height; y++) {
    const float *rows[K][K];
    for (int i = 0; i < K; i++)
      for (int j = 0; j < K; j++) rows[i][j] = plane.at(y * plane.stride + i, j);
    for (int x = 0; x < width; x += VEC) {
      vec total = {};
#pragma GCC unroll 5
      for (int i = 0; i < K; i++)
#pragma GCC unroll 5
        for (int j = 0; j < K; j++) total += load(rows[i][j] + x) * w[i * K + j];
      store(&line[x], total);
    }
    float *to = out + static_cast<size_t>(y) * width;
    if (add) {
      for (int x = 0; x < width; x++) to[x] += line[x];
    } else {
      memcpy(to, line.data(), width * sizeof(float));
    }
  }
}

template <int K>
static void weightGradient(const Plane &plane, const float *dout, float *dw, int height, int width) {
  vec totals[K * K] = {};
  std::vector<float> line(roundUp(width), 0.f);
  for (int y = 0; y < height; y++) {
    memcpy(line.data(), dout + static_cast<size_t>(y) * width, width * sizeof(float));
    const float *rows[K][K];
    for (int i = 0; i < K; i++)
      for (int j = 0; j < K; j++) rows[i][j] = plane.at(y * plane.stride + i, j);
    for (int x = 0; x < width; x += VEC) {
      vec d = load(&line[x]);
#pragma GCC unroll 5
      for (int i = 0; i < K; i++)
#pragma GCC unroll 5
        for (int j = 0; j < K; j++) totals[i * K + j] += load(rows[i][j] + x) * d;
    }
  }
  for (int i = 0; i < K * K; i++) dw[i] += sum(totals[i]);
}

template <int K>
static void depthwiseForward(const float *in, const float *w, float *out, int n, int c, int h, int wd, int stride,
                             int oh, int ow, int threads) {
#pragma omp parallel num_threads(threads)
  {
    Plane plane(K, stride, oh, ow);
#pragma omp for schedule(dynamic, 8)
    for (int at = 0; at < n * c; at++) {
      plane.fill(in + static_cast<size_t>(at) * h * wd, h, wd, K / 2);
      correlate<K>(plane, w + (at % c) * K * K, out + static_cast<size_t>(at) * oh * ow, oh, ow);
    }
  }
}

template <int K>
static void depthwiseBackward(const float *in, const float *w, const float *dout, float *din, float *dw, int n,
                              int c, int h, int wd, int stride, int oh, int ow, int threads) {
  memset(dw, 0, sizeof(float) * c * K * K);
#pragma omp parallel num_threads(threads)
  {
    Plane plane(K, stride, oh, ow);
    Plane back(K, 1, h, wd);
    std::vector<float> spread(static_cast<size_t>(h + 1) * (wd + 1), 0.f);
#pragma omp for schedule(dynamic, 1)
    for (int channel = 0; channel < c; channel++) {
      float flipped[K * K];
      for (int i = 0; i < K * K; i++) flipped[i] = w[channel * K * K + K * K - 1 - i];
      for (int image = 0; image < n; image++) {
        size_t at = static_cast<size_t>(image) * c + channel;
        const float *d = dout + at * oh * ow;
        plane.fill(in + at * h * wd, h, wd, K / 2);
        weightGradient<K>(plane, d, dw + channel * K * K, oh, ow);
        if (stride == 1) {
          back.fill(d, oh, ow, K / 2);
        } else {
          for (int y = 0; y < oh && y * 2 < h; y++)
            for (int x = 0; x < ow && x * 2 < wd; x++) spread[static_cast<size_t>(y) * 2 * wd + x * 2] = d[y * ow + x];
          back.fill(spread.data(), h, wd, K / 2);
        }
        correlate<K>(back, flipped, din + at * h * wd, h, wd);
      }
    }
  }
}

// Any number of channels, meant for few: the first layer, and the alignment of scores.
template <int K>
static void denseForward(const float *in, const float *w, float *out, int n, int ci, int co, int h, int wd, int stride,
                         int oh, int ow, int threads) {
#pragma omp parallel num_threads(threads)
  {
    Plane plane(K, stride, oh, ow);
#pragma omp for schedule(dynamic, 1)
    for (int image = 0; image < n; image++) {
      for (int i = 0; i < ci; i++) {
        plane.fill(in + (static_cast<size_t>(image) * ci + i) * h * wd, h, wd, K / 2);
        for (int o = 0; o < co; o++)
          correlate<K>(plane, w + (o * ci + i) * K * K, out + (static_cast<size_t>(image) * co + o) * oh * ow, oh, ow,
                       i > 0);
      }
    }
  }
}

// `din` may be null, and is only had for stride 1.
template <int K>
static void denseBackward(const float *in, const float *w, const float *dout, float *din, float *dw, int n, int ci,
                          int co, int h, int wd, int stride, int oh, int ow, int threads) {
  memset(dw, 0, sizeof(float) * co * ci * K * K);
#pragma omp parallel num_threads(threads)
  {
    Plane plane(K, stride, oh, ow);
    Plane back(K, 1, h, wd);
#pragma omp for schedule(dynamic, 1)
    for (int i = 0; i < ci; i++) {
      for (int image = 0; image < n; image++) {
        plane.fill(in + (static_cast<size_t>(image) * ci + i) * h * wd, h, wd, K / 2);
        for (int o = 0; o < co; o++)
          weightGradient<K>(plane, dout + (static_cast<size_t>(image) * co + o) * oh * ow,
                            dw + (o * ci + i) * K * K, oh, ow);
      }
    }
    if (din != nullptr) {
#pragma omp for schedule(dynamic, 1)
      for (int image = 0; image < n; image++) {
        for (int o = 0; o < co; o++) {
          back.fill(dout + (static_cast<size_t>(image) * co + o) * oh * ow, oh, ow, K / 2);
          for (int i = 0; i < ci; i++) {
            float flipped[K * K];
            for (int k = 0; k < K * K; k++) flipped[k] = w[(o * ci + i) * K * K + K * K - 1 - k];
            correlate<K>(back, flipped, din + (static_cast<size_t>(image) * ci + i) * h * wd, h, wd, o > 0);
          }
        }
      }
    }
  }
}

// out[image] = m · in[image]; m is rows × inner, `pixels` a multiple of VEC.
static void multiply(const float *m, const float *in, float *out, int n, int rows, int inner, int pixels,
                     int threads) {
  const int R = 8;
  int blocks = (rows + R - 1) / R;
  std::vector<float> packed(static_cast<size_t>(blocks) * inner * R, 0.f);
  for (int r = 0; r < rows; r++)
    for (int i = 0; i < inner; i++) packed[(static_cast<size_t>(r / R) * inner + i) * R + r % R] = m[r * inner + i];
  int tiles = (pixels + 2 * VEC - 1) / (2 * VEC);
#pragma omp parallel for schedule(dynamic, 8) num_threads(threads)
  for (int job = 0; job < n * tiles; job++) {
    int image = job / tiles, p = job % tiles * 2 * VEC;
    bool two = p + 2 * VEC <= pixels;
    const float *x = in + static_cast<size_t>(image) * inner * pixels + p;
    for (int b = 0; b < blocks; b++) {
      vec low[R] = {}, high[R] = {};
      const float *w = &packed[static_cast<size_t>(b) * inner * R];
      for (int i = 0; i < inner; i++, w += R) {
        vec x0 = load(x + static_cast<size_t>(i) * pixels);
        vec x1 = two ? load(x + static_cast<size_t>(i) * pixels + VEC) : x0;
#pragma GCC unroll 8
        for (int r = 0; r < R; r++) {
          low[r] += x0 * w[r];
          high[r] += x1 * w[r];
        }
      }
      for (int r = 0; r < R && b * R + r < rows; r++) {
        float *o = out + (static_cast<size_t>(image) * rows + b * R + r) * pixels + p;
        store(o, low[r]);
        if (two) store(o + VEC, high[r]);
      }
    }
  }
}

// dw = sum over images of dout · transposed(in)
static void outer(const float *dout, const float *in, float *dw, int n, int co, int ci, int pixels, int threads) {
  const int B = 4, CHUNK = 64 * VEC;
  memset(dw, 0, sizeof(float) * co * ci);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (int a = 0; a < co; a += B) {
    for (int image = 0; image < n; image++) {
      for (int p = 0; p < pixels; p += CHUNK) {
        int end = std::min(pixels, p + CHUNK);
        for (int b = 0; b < ci; b += B) {
          const float *d[B], *x[B];
          for (int i = 0; i < B; i++) {
            d[i] = dout + (static_cast<size_t>(image) * co + std::min(a + i, co - 1)) * pixels;
            x[i] = in + (static_cast<size_t>(image) * ci + std::min(b + i, ci - 1)) * pixels;
          }
          vec totals[B][B] = {};
          for (int q = p; q < end; q += VEC) {
            vec xs[B];
#pragma GCC unroll 4
            for (int j = 0; j < B; j++) xs[j] = load(x[j] + q);
#pragma GCC unroll 4
            for (int i = 0; i < B; i++) {
              vec v = load(d[i] + q);
#pragma GCC unroll 4
              for (int j = 0; j < B; j++) totals[i][j] += v * xs[j];
            }
          }
          for (int i = 0; i < B && a + i < co; i++)
            for (int j = 0; j < B && b + j < ci; j++) dw[(a + i) * ci + b + j] += sum(totals[i][j]);
        }
      }
    }
  }
}

extern "C" {
void depthwise_forward(const float *in, const float *w, float *out, int n, int c, int h, int wd, int k, int stride,
                       int oh, int ow, int threads) {
  (k == 3 ? depthwiseForward<3> : depthwiseForward<5>)(in, w, out, n, c, h, wd, stride, oh, ow, threads);
}

void depthwise_backward(const float *in, const float *w, const float *dout, float *din, float *dw, int n, int c,
                        int h, int wd, int k, int stride, int oh, int ow, int threads) {
  (k == 3 ? depthwiseBackward<3> : depthwiseBackward<5>)(in, w, dout, din, dw, n, c, h, wd, stride, oh, ow, threads);
}

void dense_forward(const float *in, const float *w, float *out, int n, int ci, int co, int h, int wd, int k,
                   int stride, int oh, int ow, int threads) {
  (k == 3 ? denseForward<3> : denseForward<5>)(in, w, out, n, ci, co, h, wd, stride, oh, ow, threads);
}

void dense_backward(const float *in, const float *w, const float *dout, float *din, float *dw, int n, int ci, int co,
                    int h, int wd, int k, int stride, int oh, int ow, int threads) {
  (k == 3 ? denseBackward<3> : denseBackward<5>)(in, w, dout, din, dw, n, ci, co, h, wd, stride, oh, ow, threads);
}

void pointwise_forward(const float *in, const float *w, float *out, int n, int ci, int co, int pixels, int threads) {
  multiply(w, in, out, n, co, ci, pixels, threads);
}

void pointwise_backward(const float *in, const float *w, const float *dout, float *din, float *dw, int n, int ci,
                        int co, int pixels, int threads) {
  std::vector<float> turned(static_cast<size_t>(ci) * co);
  for (int o = 0; o < co; o++)
    for (int i = 0; i < ci; i++) turned[i * co + o] = w[o * ci + i];
  multiply(turned.data(), dout, din, n, ci, co, pixels, threads);
  outer(dout, in, dw, n, co, ci, pixels, threads);
}

void hardswish_forward(const float *in, float *out, long count, int threads) {
#pragma omp parallel for schedule(static) num_threads(threads)
  for (long i = 0; i < count; i++) {
    float x = in[i];
    out[i] = x * std::min(std::max(x + 3.f, 0.f), 6.f) * (1.f / 6.f);
  }
}

void hardswish_backward(const float *in, const float *dout, float *din, long count, int threads) {
#pragma omp parallel for schedule(static) num_threads(threads)
  for (long i = 0; i < count; i++) {
    float x = in[i];
    float slope = x <= -3.f ? 0.f : x >= 3.f ? 1.f : (2.f * x + 3.f) * (1.f / 6.f);
    din[i] = dout[i] * slope;
  }
}
}
