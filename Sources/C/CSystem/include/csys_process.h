#pragma once
#include <stdint.h>

/// A pipe, both ends closed on exec.
int32_t csys_pipe(int32_t *read_end, int32_t *write_end);

/// Starts a program in a process group of its own, with the three descriptors as its input, output and error and with no other
/// descriptor, default signals and an empty signal mask. argv[0] is looked up in PATH unless it holds a slash. Gives the pid.
int32_t csys_spawn(char *const *argv, char *const *envp, int32_t input, int32_t output, int32_t error);

/// A descriptor that becomes readable when the process has ended.
int32_t csys_pidfd(int32_t pid);

/// The environment of this process.
char *const *csys_environment(void);
