#pragma once
#include <stddef.h>
#include <stdint.h>

/// How many messages are hashed side by side.
#define CLANES_COUNT 16

/// The four words of MD5's state, for each message.
typedef struct {
  uint32_t words[4][CLANES_COUNT];
} clanes_md5;

/// Starts all messages.
void clanes_md5_start(clanes_md5 *state);

/// Takes the next `blocks` times 64 bytes of each message from `starts`, which has CLANES_COUNT pointers.
void clanes_md5_update(clanes_md5 *state, const uint8_t *const *starts, size_t blocks);

/// Whether this processor multiplies polynomials over bits, which `clanes_crc64_fold` needs.
int clanes_can_multiply(void);

/// Reduces `blocks` times 64 bytes, at least once, to 16 bytes whose CRC-64, begun at zero, is that of all of them begun at `crc`.
/// ("Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel, 2009; for reflected polynomials.)
///
/// `far` are x^(512 + 63) and x^(512 - 1) modulo the polynomial, `near` x^(128 + 63) and x^(128 - 1): the product of two reflected
/// words is one power of x too high.
void clanes_crc64_fold(
    uint64_t crc, const uint64_t far[2], const uint64_t near[2], const uint8_t *bytes, size_t blocks, uint8_t left[16]);
