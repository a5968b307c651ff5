// A disk for SQLite databases that lives in memory and loses what was not synced when its power is cut.
#ifndef SIMULATED_DISK_H
#define SIMULATED_DISK_H

#include <stdbool.h>
#include <stdint.h>

typedef struct simulated_disk simulated_disk;

// Mounts a new disk: SQLite finds every file whose path begins with `prefix` on it. All other paths go to the file system that SQLite
// came with: in a program with this library ours stands before it from the start. One thread at a time uses a disk. NULL without memory.
simulated_disk *simulated_disk_mount(const char *prefix);

// Throws everything away. No connection may be open.
void simulated_disk_unmount(simulated_disk *disk);

// How many writes, syncs, cuts and deletes there were.
uint64_t simulated_disk_changes(const simulated_disk *disk);

// At the change with this number (0: never) the machine stops; the change does not happen.
void simulated_disk_stop_at(simulated_disk *disk, uint64_t change);

// The machine has stopped: from now on every call fails and nothing changes.
void simulated_disk_stop(simulated_disk *disk);
bool simulated_disk_is_stopped(const simulated_disk *disk);

// Writes fail as on a full disk.
void simulated_disk_set_full(simulated_disk *disk, bool full);

// The machine starts again. No connection may be open. With `power_lost`, of what was not synced each write is there, gone, or torn
// between two sectors, as `seed` says.
void simulated_disk_start(simulated_disk *disk, bool power_lost, uint64_t seed);

// How many connections are open, to find those that were forgotten.
int simulated_disk_open_files(const simulated_disk *disk);

// Keeps a copy of all files, or puts the copy that was kept in their place. No connection may be open.
void simulated_disk_save(simulated_disk *disk);
bool simulated_disk_restore(simulated_disk *disk);

// Takes all files of `other`, as they are.
void simulated_disk_copy(simulated_disk *disk, const simulated_disk *other);

// Deletes all files, and with `saved` the copy that was kept.
void simulated_disk_clear(simulated_disk *disk, bool saved);

#endif
