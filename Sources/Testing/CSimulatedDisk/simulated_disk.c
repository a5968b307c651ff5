#include "simulated_disk.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

// What the disk holds of one file. `bytes` is what programs see; `durable` what survives a power cut whatever happens; between them
// lie the writes in `pending`.
typedef struct change {
  struct change *next;
  bool is_cut;
  sqlite3_int64 offset;
  size_t length;
  unsigned char bytes[];
} change;

typedef struct image {
  unsigned char *bytes;
  size_t size;
  size_t room;
} image;

enum { SLOTS = SQLITE_SHM_NLOCK, REGIONS = 64 };

typedef struct open_file open_file;

typedef struct node {
  struct node *next;
  char *name;
  image current;
  image durable;
  change *pending;
  change **last;
  image saved;
  bool is_saved;
  bool exists;
  int opens;
  // Locks of the file, by SQLite's protocol.
  int shared;
  open_file *reserved, *pending_lock, *exclusive;
  // Shared memory of the write-ahead log's index.
  void *regions[REGIONS];
  int slot_shared[SLOTS];
  open_file *slot_exclusive[SLOTS];
} node;

struct simulated_disk {
  simulated_disk *next;
  char *prefix;
  size_t prefix_length;
  node *files;
  uint64_t changes;
  uint64_t stop_at;
  bool is_stopped;
  bool is_full;
};

struct open_file {
  sqlite3_file base;
  simulated_disk *disk;
  node *node;
  int level;
  unsigned shared_slots, exclusive_slots;
  bool deletes;
};

static pthread_mutex_t disks_mutex = PTHREAD_MUTEX_INITIALIZER;
static simulated_disk *disks;
static sqlite3_vfs *real;
static sqlite3_vfs simulated;

// Images.

static bool make_room(image *image, size_t size) {
  if (size <= image->room) return true;
  size_t room = image->room ? image->room : 4096;
  while (room < size) room *= 2;
  unsigned char *bytes = realloc(image->bytes, room);
  if (!bytes) return false;
  image->bytes = bytes;
  image->room = room;
  return true;
}

static bool put(image *image, sqlite3_int64 offset, const void *bytes, size_t length) {
  size_t end = (size_t)offset + length;
  if (!make_room(image, end)) return false;
  if ((size_t)offset > image->size) memset(image->bytes + image->size, 0, (size_t)offset - image->size);
  memcpy(image->bytes + offset, bytes, length);
  if (end > image->size) image->size = end;
  return true;
}

static bool cut(image *image, size_t size) {
  if (size > image->size) {
    if (!make_room(image, size)) return false;
    memset(image->bytes + image->size, 0, size - image->size);
  }
  image->size = size;
  return true;
}

static bool copy(image *to, const image *from) {
  if (!make_room(to, from->size)) return false;
  if (from->size) memcpy(to->bytes, from->bytes, from->size);
  to->size = from->size;
  return true;
}

static void drop(image *image) {
  free(image->bytes);
  *image = (struct image){0};
}

// Nodes.

static void forget_pending(node *node) {
  while (node->pending) {
    change *next = node->pending->next;
    free(node->pending);
    node->pending = next;
  }
  node->last = &node->pending;
}

static void forget_regions(node *node) {
  for (int i = 0; i < REGIONS; i++) {
    free(node->regions[i]);
    node->regions[i] = NULL;
  }
}

static void empty(node *node) {
  forget_pending(node);
  forget_regions(node);
  node->current.size = node->durable.size = 0;
  node->exists = false;
}

static node *find(simulated_disk *disk, const char *name, bool make) {
  for (node *node = disk->files; node; node = node->next) {
    if (strcmp(node->name, name) == 0) return node;
  }
  if (!make) return NULL;
  node *made = calloc(1, sizeof(node));
  if (!made) return NULL;
  made->name = strdup(name);
  made->last = &made->pending;
  made->next = disk->files;
  disk->files = made;
  return made;
}

static simulated_disk *disk_of(const char *path) {
  // What is kept of a database before it is upgraded is renamed by its owner, on the real file system.
  if (!path || strstr(path, ".before-upgrade")) return NULL;
  pthread_mutex_lock(&disks_mutex);
  simulated_disk *disk = disks;
  while (disk && strncmp(path, disk->prefix, disk->prefix_length) != 0) disk = disk->next;
  pthread_mutex_unlock(&disks_mutex);
  return disk;
}

// A change of the disk: counted, and stopped at if this is the moment.
static bool may_change(simulated_disk *disk) {
  if (disk->is_stopped) return false;
  disk->changes++;
  if (disk->stop_at && disk->changes >= disk->stop_at) {
    disk->is_stopped = true;
    return false;
  }
  return true;
}

static bool remember(node *node, bool is_cut, sqlite3_int64 offset, const void *bytes, size_t length) {
  change *made = malloc(sizeof(change) + length);
  if (!made) return false;
  made->next = NULL;
  made->is_cut = is_cut;
  made->offset = offset;
  made->length = length;
  if (length) memcpy(made->bytes, bytes, length);
  *node->last = made;
  node->last = &made->next;
  return true;
}

// Files, as SQLite calls them.

static int file_unlock(sqlite3_file *base, int level);
static int file_shm_unmap(sqlite3_file *base, int delete);

static int file_close(sqlite3_file *base) {
  open_file *file = (open_file *)base;
  file_unlock(base, SQLITE_LOCK_NONE);
  file_shm_unmap(base, 0);
  if (--file->node->opens == 0) {
    // The index of the log is rebuilt by whoever opens it first.
    forget_regions(file->node);
    if (file->deletes) empty(file->node);
  }
  return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *buffer, int length, sqlite3_int64 offset) {
  open_file *file = (open_file *)base;
  if (file->disk->is_stopped) return SQLITE_IOERR_READ;
  image *image = &file->node->current;
  size_t there = (size_t)offset < image->size ? image->size - (size_t)offset : 0;
  size_t count = there < (size_t)length ? there : (size_t)length;
  if (count) memcpy(buffer, image->bytes + offset, count);
  if (count == (size_t)length) return SQLITE_OK;
  memset((char *)buffer + count, 0, (size_t)length - count);
  return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *bytes, int length, sqlite3_int64 offset) {
  open_file *file = (open_file *)base;
  if (!may_change(file->disk)) return SQLITE_IOERR_WRITE;
  if (file->disk->is_full) return SQLITE_FULL;
  if (!remember(file->node, false, offset, bytes, (size_t)length)) return SQLITE_IOERR_NOMEM;
  return put(&file->node->current, offset, bytes, (size_t)length) ? SQLITE_OK : SQLITE_IOERR_NOMEM;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size) {
  open_file *file = (open_file *)base;
  if (!may_change(file->disk)) return SQLITE_IOERR_TRUNCATE;
  if (!remember(file->node, true, size, NULL, 0)) return SQLITE_IOERR_NOMEM;
  return cut(&file->node->current, (size_t)size) ? SQLITE_OK : SQLITE_IOERR_NOMEM;
}

static int file_sync(sqlite3_file *base, int flags) {
  (void)flags;
  open_file *file = (open_file *)base;
  if (!may_change(file->disk)) return SQLITE_IOERR_FSYNC;
  node *node = file->node;
  for (change *change = node->pending; change; change = change->next) {
    bool done = change->is_cut ? cut(&node->durable, (size_t)change->offset)
                               : put(&node->durable, change->offset, change->bytes, change->length);
    if (!done) return SQLITE_IOERR_NOMEM;
  }
  forget_pending(node);
  return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size) {
  open_file *file = (open_file *)base;
  if (file->disk->is_stopped) return SQLITE_IOERR_FSTAT;
  *size = (sqlite3_int64)file->node->current.size;
  return SQLITE_OK;
}

static int file_lock(sqlite3_file *base, int level) {
  open_file *file = (open_file *)base;
  node *node = file->node;
  if (level <= file->level) return SQLITE_OK;
  if (file->level == SQLITE_LOCK_NONE) {
    if (node->pending_lock || node->exclusive) return SQLITE_BUSY;
    node->shared++;
    file->level = SQLITE_LOCK_SHARED;
  }
  if (level >= SQLITE_LOCK_RESERVED) {
    if (node->reserved && node->reserved != file) return SQLITE_BUSY;
    node->reserved = file;
    file->level = SQLITE_LOCK_RESERVED;
  }
  if (level == SQLITE_LOCK_EXCLUSIVE) {
    node->pending_lock = file;
    file->level = SQLITE_LOCK_PENDING;
    if (node->shared > 1) return SQLITE_BUSY;
    node->exclusive = file;
    file->level = SQLITE_LOCK_EXCLUSIVE;
  }
  return SQLITE_OK;
}

static int file_unlock(sqlite3_file *base, int level) {
  open_file *file = (open_file *)base;
  node *node = file->node;
  if (file->level <= level) return SQLITE_OK;
  if (node->reserved == file) node->reserved = NULL;
  if (node->pending_lock == file) node->pending_lock = NULL;
  if (node->exclusive == file) node->exclusive = NULL;
  if (level == SQLITE_LOCK_NONE) node->shared--;
  file->level = level;
  return SQLITE_OK;
}

static int file_is_reserved(sqlite3_file *base, int *result) {
  *result = ((open_file *)base)->node->reserved != NULL;
  return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int operation, void *argument) {
  (void)base, (void)operation, (void)argument;
  return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *base) {
  (void)base;
  return 512;
}

static int file_characteristics(sqlite3_file *base) {
  (void)base;
  // What SQLite assumes of a real disk: a write that is cut short by a power loss leaves the bytes around it alone.
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int file_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **memory) {
  open_file *file = (open_file *)base;
  *memory = NULL;
  if (file->disk->is_stopped) return SQLITE_IOERR_SHMMAP;
  if (region >= REGIONS) return SQLITE_IOERR_SHMMAP;
  if (!file->node->regions[region]) {
    if (!extend) return SQLITE_OK;
    file->node->regions[region] = calloc(1, (size_t)size);
    if (!file->node->regions[region]) return SQLITE_IOERR_NOMEM;
  }
  *memory = file->node->regions[region];
  return SQLITE_OK;
}

static void release_slots(open_file *file, unsigned mask) {
  for (int i = 0; i < SLOTS; i++) {
    if (!(mask & 1u << i)) continue;
    if (file->shared_slots & 1u << i) file->node->slot_shared[i]--;
    if (file->exclusive_slots & 1u << i) file->node->slot_exclusive[i] = NULL;
  }
  file->shared_slots &= ~mask;
  file->exclusive_slots &= ~mask;
}

static int file_shm_lock(sqlite3_file *base, int first, int count, int flags) {
  open_file *file = (open_file *)base;
  node *node = file->node;
  unsigned mask = ((1u << count) - 1) << first;
  if (flags & SQLITE_SHM_UNLOCK) {
    release_slots(file, mask);
    return SQLITE_OK;
  }
  for (int i = first; i < first + count; i++) {
    open_file *owner = node->slot_exclusive[i];
    if (owner && owner != file) return SQLITE_BUSY;
    int others = node->slot_shared[i] - (file->shared_slots & 1u << i ? 1 : 0);
    if ((flags & SQLITE_SHM_EXCLUSIVE) && others > 0) return SQLITE_BUSY;
  }
  for (int i = first; i < first + count; i++) {
    if (flags & SQLITE_SHM_EXCLUSIVE) {
      node->slot_exclusive[i] = file;
      file->exclusive_slots |= 1u << i;
    } else if (!(file->shared_slots & 1u << i)) {
      node->slot_shared[i]++;
      file->shared_slots |= 1u << i;
    }
  }
  return SQLITE_OK;
}

static void file_shm_barrier(sqlite3_file *base) {
  (void)base;
  __sync_synchronize();
}

static int file_shm_unmap(sqlite3_file *base, int delete) {
  open_file *file = (open_file *)base;
  release_slots(file, (1u << SLOTS) - 1);
  if (delete && file->node->opens <= 1) forget_regions(file->node);
  return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
  .iVersion = 2,
  .xClose = file_close,
  .xRead = file_read,
  .xWrite = file_write,
  .xTruncate = file_truncate,
  .xSync = file_sync,
  .xFileSize = file_size,
  .xLock = file_lock,
  .xUnlock = file_unlock,
  .xCheckReservedLock = file_is_reserved,
  .xFileControl = file_control,
  .xSectorSize = file_sector_size,
  .xDeviceCharacteristics = file_characteristics,
  .xShmMap = file_shm_map,
  .xShmLock = file_shm_lock,
  .xShmBarrier = file_shm_barrier,
  .xShmUnmap = file_shm_unmap,
};

// The file system.

static int system_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *opened) {
  (void)vfs;
  simulated_disk *disk = disk_of(name);
  if (!disk) return real->xOpen(real, name, base, flags, opened);
  open_file *file = (open_file *)base;
  memset(file, 0, sizeof *file);
  if (disk->is_stopped) return SQLITE_CANTOPEN;
  node *node = find(disk, name, true);
  if (!node) return SQLITE_NOMEM;
  if (!node->exists) {
    if (!(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
    node->exists = true;
  }
  node->opens++;
  file->disk = disk;
  file->node = node;
  file->deletes = flags & SQLITE_OPEN_DELETEONCLOSE;
  file->base.pMethods = &methods;
  if (opened) *opened = flags;
  return SQLITE_OK;
}

static int system_delete(sqlite3_vfs *vfs, const char *name, int sync) {
  (void)vfs;
  simulated_disk *disk = disk_of(name);
  if (!disk) return real->xDelete(real, name, sync);
  if (!may_change(disk)) return SQLITE_IOERR_DELETE;
  node *node = find(disk, name, false);
  if (!node || !node->exists) return SQLITE_IOERR_DELETE_NOENT;
  empty(node);
  return SQLITE_OK;
}

static int system_access(sqlite3_vfs *vfs, const char *name, int flags, int *result) {
  (void)vfs;
  simulated_disk *disk = disk_of(name);
  if (!disk) return real->xAccess(real, name, flags, result);
  node *node = find(disk, name, false);
  *result = node && node->exists && (flags != SQLITE_ACCESS_EXISTS || node->current.size > 0);
  return SQLITE_OK;
}

static int system_full_path(sqlite3_vfs *vfs, const char *name, int length, char *result) {
  (void)vfs;
  if (!disk_of(name)) return real->xFullPathname(real, name, length, result);
  sqlite3_snprintf(length, result, "%s", name);
  return SQLITE_OK;
}

// Before anything else: whoever opens the first database stacks its own layer on what is the default then.
__attribute__((constructor)) static void install(void) {
  // Worlds on several threads would meet at SQLite's count of its memory.
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  sqlite3_initialize();
  real = sqlite3_vfs_find(NULL);
  simulated = *real;
  simulated.pNext = NULL;
  simulated.zName = "isobar-simulated";
  if (simulated.szOsFile < (int)sizeof(open_file)) simulated.szOsFile = sizeof(open_file);
  simulated.xOpen = system_open;
  simulated.xDelete = system_delete;
  simulated.xAccess = system_access;
  simulated.xFullPathname = system_full_path;
  sqlite3_vfs_register(&simulated, 1);
}

simulated_disk *simulated_disk_mount(const char *prefix) {
  simulated_disk *disk = calloc(1, sizeof(simulated_disk));
  if (!disk) return NULL;
  disk->prefix = strdup(prefix);
  disk->prefix_length = strlen(prefix);
  pthread_mutex_lock(&disks_mutex);
  disk->next = disks;
  disks = disk;
  pthread_mutex_unlock(&disks_mutex);
  return disk;
}

void simulated_disk_unmount(simulated_disk *disk) {
  pthread_mutex_lock(&disks_mutex);
  simulated_disk **place = &disks;
  while (*place != disk) place = &(*place)->next;
  *place = disk->next;
  pthread_mutex_unlock(&disks_mutex);
  while (disk->files) {
    node *node = disk->files;
    disk->files = node->next;
    empty(node);
    drop(&node->current);
    drop(&node->durable);
    drop(&node->saved);
    free(node->name);
    free(node);
  }
  free(disk->prefix);
  free(disk);
}

uint64_t simulated_disk_changes(const simulated_disk *disk) { return disk->changes; }
void simulated_disk_stop_at(simulated_disk *disk, uint64_t change) { disk->stop_at = change; }
void simulated_disk_stop(simulated_disk *disk) { disk->is_stopped = true; }
bool simulated_disk_is_stopped(const simulated_disk *disk) { return disk->is_stopped; }
void simulated_disk_set_full(simulated_disk *disk, bool full) { disk->is_full = full; }

static uint64_t next_random(uint64_t *state) {
  uint64_t z = *state += 0x9E3779B97F4A7C15u;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}

// `kept` is how many of four writes survive whole on average: a disk may have had time for all of them, or for none.
static void lose_power(node *node, uint64_t kept, uint64_t *random) {
  for (change *change = node->pending; change; change = change->next) {
    uint64_t fate = kept == 0 ? 0 : next_random(random) % 4 < kept ? 2 : next_random(random) % 2;
    if (fate == 0) continue;
    if (change->is_cut) {
      cut(&node->durable, (size_t)change->offset);
      continue;
    }
    size_t length = change->length;
    if (fate == 1) length = length / 512 * (next_random(random) % 9) / 8 * 512;
    if (length > change->length) length = change->length;
    if (length) put(&node->durable, change->offset, change->bytes, length);
  }
  forget_pending(node);
  copy(&node->current, &node->durable);
}

void simulated_disk_start(simulated_disk *disk, bool power_lost, uint64_t seed) {
  uint64_t kept = next_random(&seed) % 3 * 2;
  for (node *node = disk->files; node; node = node->next) {
    forget_regions(node);
    memset(node->slot_shared, 0, sizeof node->slot_shared);
    memset(node->slot_exclusive, 0, sizeof node->slot_exclusive);
    if (power_lost) lose_power(node, kept, &seed);
  }
  disk->is_stopped = disk->is_full = false;
  disk->stop_at = 0;
}

int simulated_disk_open_files(const simulated_disk *disk) {
  int count = 0;
  for (node *node = disk->files; node; node = node->next) count += node->opens;
  return count;
}

void simulated_disk_save(simulated_disk *disk) {
  for (node *node = disk->files; node; node = node->next) {
    node->is_saved = node->exists;
    copy(&node->saved, &node->current);
  }
}

bool simulated_disk_restore(simulated_disk *disk) {
  bool any = false;
  for (node *node = disk->files; node; node = node->next) any = any || node->is_saved;
  if (!any) return false;
  for (node *node = disk->files; node; node = node->next) {
    empty(node);
    if (!node->is_saved) continue;
    copy(&node->current, &node->saved);
    copy(&node->durable, &node->saved);
    node->exists = true;
  }
  return true;
}

void simulated_disk_copy(simulated_disk *disk, const simulated_disk *other) {
  for (node *from = other->files; from; from = from->next) {
    if (!from->exists) continue;
    size_t length = disk->prefix_length + strlen(from->name) - other->prefix_length + 1;
    char *name = malloc(length);
    if (!name) return;
    sqlite3_snprintf((int)length, name, "%s%s", disk->prefix, from->name + other->prefix_length);
    node *to = find(disk, name, true);
    free(name);
    if (!to) return;
    copy(&to->current, &from->current);
    copy(&to->durable, &from->current);
    to->exists = true;
  }
}

void simulated_disk_clear(simulated_disk *disk, bool saved) {
  for (node *node = disk->files; node; node = node->next) {
    empty(node);
    if (saved) node->is_saved = false;
  }
}
