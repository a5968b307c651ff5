// MD5 (RFC 1321) of 16 messages at once, one in each 32-bit lane of a vector. A step of MD5 waits for the step before, so one message
// keeps a core mostly idle; with a vector for each word of the state the same wait serves 16. The compiler makes a version for each
// kind of processor, and the one that fits is chosen when the program starts.
#include "clanes.h"
#include <string.h>

typedef uint32_t lanes __attribute__((vector_size(4 * CLANES_COUNT)));

static const uint32_t sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

#if defined(__x86_64__)
// What chooses a clone runs while the program is still being loaded, before ThreadSanitizer, which would instrument it, is there.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FOR_EACH_PROCESSOR
#endif
#endif
#ifndef FOR_EACH_PROCESSOR
#define FOR_EACH_PROCESSOR __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#else
#define FOR_EACH_PROCESSOR
#endif

static inline uint32_t word_at(const uint8_t *place) {
  uint32_t word;
  memcpy(&word, place, sizeof word);
  return word;  // little-endian, as MD5 and every processor this runs on
}

#define WORD(lane) word_at(at[lane] + 4 * word)
#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define STEP(mix, word, n) \
  do { \
    lanes sum = (a + x[word] + sines[step++]) + (mix); \
    a = d; \
    d = c; \
    c = b; \
    b += ROTATE(sum, n); \
  } while (0)
#define FOUR_STEPS(mix, first, stride, n1, n2, n3, n4) \
  STEP(mix, (first) & 15, n1); \
  STEP(mix, ((first) + (stride)) & 15, n2); \
  STEP(mix, ((first) + 2 * (stride)) & 15, n3); \
  STEP(mix, ((first) + 3 * (stride)) & 15, n4)

void clanes_md5_start(clanes_md5 *state) {
  for (int lane = 0; lane < CLANES_COUNT; lane++) {
    state->words[0][lane] = 0x67452301;
    state->words[1][lane] = 0xefcdab89;
    state->words[2][lane] = 0x98badcfe;
    state->words[3][lane] = 0x10325476;
  }
}

FOR_EACH_PROCESSOR
void clanes_md5_update(clanes_md5 *state, const uint8_t *const *starts, size_t blocks) {
  lanes a0, b0, c0, d0;
  memcpy(&a0, state->words[0], sizeof a0);
  memcpy(&b0, state->words[1], sizeof b0);
  memcpy(&c0, state->words[2], sizeof c0);
  memcpy(&d0, state->words[3], sizeof d0);
  for (size_t block = 0; block < blocks; block++) {
    const uint8_t *at[CLANES_COUNT];
    for (int lane = 0; lane < CLANES_COUNT; lane++) at[lane] = starts[lane] + 64 * block;
    lanes x[16];
#pragma unroll
    for (int word = 0; word < 16; word++) {
      x[word] = (lanes){WORD(0), WORD(1), WORD(2),  WORD(3),  WORD(4),  WORD(5),  WORD(6),  WORD(7),
                        WORD(8), WORD(9), WORD(10), WORD(11), WORD(12), WORD(13), WORD(14), WORD(15)};
    }
    lanes a = a0, b = b0, c = c0, d = d0;
    int step = 0;
#pragma unroll
    for (int i = 0; i < 16; i += 4) { FOUR_STEPS(d ^ (b & (c ^ d)), i, 1, 7, 12, 17, 22); }
#pragma unroll
    for (int i = 0; i < 16; i += 4) { FOUR_STEPS(c ^ (d & (b ^ c)), 1 + 5 * i, 5, 5, 9, 14, 20); }
#pragma unroll
    for (int i = 0; i < 16; i += 4) { FOUR_STEPS(b ^ c ^ d, 5 + 3 * i, 3, 4, 11, 16, 23); }
#pragma unroll
    for (int i = 0; i < 16; i += 4) { FOUR_STEPS(c ^ (b | ~d), 7 * i, 7, 6, 10, 15, 21); }
    a0 += a;
    b0 += b;
    c0 += c;
    d0 += d;
  }
  memcpy(state->words[0], &a0, sizeof a0);
  memcpy(state->words[1], &b0, sizeof b0);
  memcpy(state->words[2], &c0, sizeof c0);
  memcpy(state->words[3], &d0, sizeof d0);
}
