#include "clanes.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define CARRYLESS __attribute__((target("pclmul,sse2")))

int clanes_can_multiply(void) { return __builtin_cpu_supports("pclmul"); }

/// What 128 bits leave when as many bits follow as `factors` are made for.
CARRYLESS static inline __m128i moved(__m128i value, __m128i factors) {
  return _mm_xor_si128(_mm_clmulepi64_si128(value, factors, 0x00), _mm_clmulepi64_si128(value, factors, 0x11));
}

CARRYLESS static inline __m128i load(const uint8_t *bytes) { return _mm_loadu_si128((const __m128i *)bytes); }

CARRYLESS void clanes_crc64_fold(
    uint64_t crc, const uint64_t far[2], const uint64_t near[2], const uint8_t *bytes, size_t blocks, uint8_t left[16]) {
  const __m128i far_factors = load((const uint8_t *)far), near_factors = load((const uint8_t *)near);
  // Four at once, since a product takes several cycles and one can begin in each.
  __m128i a = _mm_xor_si128(load(bytes), _mm_cvtsi64_si128((long long)crc));
  __m128i b = load(bytes + 16), c = load(bytes + 32), d = load(bytes + 48);
  for (size_t block = 1; block < blocks; block++) {
    bytes += 64;
    a = _mm_xor_si128(moved(a, far_factors), load(bytes));
    b = _mm_xor_si128(moved(b, far_factors), load(bytes + 16));
    c = _mm_xor_si128(moved(c, far_factors), load(bytes + 32));
    d = _mm_xor_si128(moved(d, far_factors), load(bytes + 48));
  }
  b = _mm_xor_si128(moved(a, near_factors), b);
  c = _mm_xor_si128(moved(b, near_factors), c);
  d = _mm_xor_si128(moved(c, near_factors), d);
  _mm_storeu_si128((__m128i *)left, d);
}
#else
int clanes_can_multiply(void) { return 0; }

void clanes_crc64_fold(
    uint64_t crc, const uint64_t far[2], const uint64_t near[2], const uint8_t *bytes, size_t blocks, uint8_t left[16]) {
  (void)crc, (void)far, (void)near, (void)bytes, (void)blocks, (void)left;
  __builtin_trap();
}
#endif
