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
