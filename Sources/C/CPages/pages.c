#include "CPages.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdint.h>
#include <string.h>

// Our part of an open file; the part of the system's layer follows it.
typedef struct {
  sqlite3_file base;
  sqlite3_file *real;
  unsigned char *copy;
  int page;
  int checked;
} PageFile;

static sqlite3_vfs *system_layer;
static sqlite3_vfs layer;
static const char *layer_name;

static PageFile *of(sqlite3_file *file) { return (PageFile *)file; }
static sqlite3_file *real(sqlite3_file *file) { return of(file)->real; }

// MARK: Checksums

static uint64_t rotated(uint64_t value, int bits) { return value << bits | value >> (64 - bits); }

// Four lanes, so that multiplications overlap. Each step is reversible: a single changed word always changes the result.
static uint64_t sum(const unsigned char *bytes, int count, uint64_t number) {
  const uint64_t factor = 0x9E3779B97F4A7C15u;
  uint64_t lanes[4] = {number * factor + 1, number * factor + 2, number * factor + 3, number * factor + 4};
  int words = count / 8;
  for (int index = 0; index < words; index++) {
    uint64_t word;
    memcpy(&word, bytes + index * 8, 8);
    uint64_t *lane = &lanes[index & 3];
    *lane = rotated((*lane ^ word) * factor, 29);
  }
  uint64_t result = (uint64_t)count;
  for (int lane = 0; lane < 4; lane++) result = rotated((result ^ lanes[lane]) * factor, 31);
  return result ^ result >> 32;
}

static void put_sum(unsigned char *end, uint64_t value) {
  for (int index = 0; index < 8; index++) end[index] = (unsigned char)(value >> (index * 8));
}

static uint64_t page_sum(const PageFile *file, const unsigned char *bytes, sqlite3_int64 offset) {
  return sum(bytes, file->page - CPAGES_RESERVED, (uint64_t)(offset / file->page) + 1);
}

// The header says how large pages are and how many bytes of each are reserved.
static void look_at_header(PageFile *file, const unsigned char *bytes, int count, sqlite3_int64 offset) {
  if (offset != 0 || count < 100) return;
  if (memcmp(bytes, "SQLite format 3", 16) != 0) return;
  int page = bytes[16] << 8 | bytes[17];
  if (page == 1) page = 65536;
  if (page < 512 || (page & (page - 1)) != 0) return;
  if (page != file->page) {
    sqlite3_free(file->copy);
    file->copy = 0;
  }
  file->page = page;
  file->checked = bytes[20] == CPAGES_RESERVED;
}

// MARK: A database file

static int pages_read(sqlite3_file *base, void *bytes, int count, sqlite3_int64 offset) {
  PageFile *file = of(base);
  int status = file->real->pMethods->xRead(file->real, bytes, count, offset);
  if (status == SQLITE_IOERR_SHORT_READ && file->checked && count == file->page && offset > 0) return SQLITE_IOERR_DATA;
  if (status != SQLITE_OK) return status;
  look_at_header(file, bytes, count, offset);
  if (!file->checked || count != file->page || offset % count != 0) return SQLITE_OK;
  unsigned char expected[8];
  put_sum(expected, page_sum(file, bytes, offset));
  return memcmp(expected, (unsigned char *)bytes + count - 8, 8) == 0 ? SQLITE_OK : SQLITE_IOERR_DATA;
}

static int pages_write(sqlite3_file *base, const void *bytes, int count, sqlite3_int64 offset) {
  PageFile *file = of(base);
  look_at_header(file, bytes, count, offset);
  if (file->checked && count == file->page && offset % count == 0) {
    // What SQLite holds is not changed under its hands.
    if (!file->copy) file->copy = sqlite3_malloc(count);
    if (!file->copy) return SQLITE_NOMEM;
    memcpy(file->copy, bytes, count - CPAGES_RESERVED);
    put_sum(file->copy + count - CPAGES_RESERVED, page_sum(file, bytes, offset));
    bytes = file->copy;
  }
  return file->real->pMethods->xWrite(file->real, bytes, count, offset);
}

static int pages_close(sqlite3_file *base) {
  PageFile *file = of(base);
  sqlite3_free(file->copy);
  file->copy = 0;
  return file->real->pMethods->xClose(file->real);
}

static int pages_control(sqlite3_file *base, int operation, void *argument) {
  if (operation == CPAGES_ARE_CHECKED) {
    *(int *)argument = of(base)->checked;
    return SQLITE_OK;
  }
  return real(base)->pMethods->xFileControl(real(base), operation, argument);
}

// A mapped page would be read past the check.
static int pages_fetch(sqlite3_file *base, sqlite3_int64 offset, int count, void **bytes) {
  (void)base, (void)offset, (void)count;
  *bytes = 0;
  return SQLITE_OK;
}
static int pages_unfetch(sqlite3_file *base, sqlite3_int64 offset, void *bytes) {
  (void)base, (void)offset, (void)bytes;
  return SQLITE_OK;
}

static int pages_truncate(sqlite3_file *base, sqlite3_int64 size) { return real(base)->pMethods->xTruncate(real(base), size); }
static int pages_sync(sqlite3_file *base, int flags) { return real(base)->pMethods->xSync(real(base), flags); }
static int pages_size(sqlite3_file *base, sqlite3_int64 *size) { return real(base)->pMethods->xFileSize(real(base), size); }
static int pages_lock(sqlite3_file *base, int level) { return real(base)->pMethods->xLock(real(base), level); }
static int pages_unlock(sqlite3_file *base, int level) { return real(base)->pMethods->xUnlock(real(base), level); }
static int pages_reserved(sqlite3_file *base, int *result) { return real(base)->pMethods->xCheckReservedLock(real(base), result); }
static int pages_sector(sqlite3_file *base) { return real(base)->pMethods->xSectorSize(real(base)); }
static int pages_device(sqlite3_file *base) { return real(base)->pMethods->xDeviceCharacteristics(real(base)); }
static int pages_map(sqlite3_file *base, int page, int size, int extend, void volatile **memory) {
  return real(base)->pMethods->xShmMap(real(base), page, size, extend, memory);
}
static int pages_share(sqlite3_file *base, int offset, int count, int flags) {
  return real(base)->pMethods->xShmLock(real(base), offset, count, flags);
}
static void pages_barrier(sqlite3_file *base) { real(base)->pMethods->xShmBarrier(real(base)); }
static int pages_unmap(sqlite3_file *base, int remove) { return real(base)->pMethods->xShmUnmap(real(base), remove); }

static const sqlite3_io_methods methods = {
    3,          pages_close,    pages_read,    pages_write,  pages_truncate, pages_sync, pages_size,  pages_lock,    pages_unlock,
    pages_reserved, pages_control, pages_sector, pages_device, pages_map,  pages_share, pages_barrier, pages_unmap, pages_fetch,
    pages_unfetch,
};

// MARK: The layer

static int layer_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *flags_out) {
  (void)vfs;
  // Logs, journals and temporary files are the system layer's own.
  if (!(flags & SQLITE_OPEN_MAIN_DB)) return system_layer->xOpen(system_layer, name, file, flags, flags_out);
  PageFile *mine = of(file);
  memset(mine, 0, sizeof *mine);
  mine->real = (sqlite3_file *)(mine + 1);
  mine->real->pMethods = 0;
  int status = system_layer->xOpen(system_layer, name, mine->real, flags, flags_out);
  // A file with methods is closed by SQLite, also after an error.
  if (mine->real->pMethods) mine->base.pMethods = &methods;
  return status;
}

static void set_up(void) {
  system_layer = sqlite3_vfs_find(0);
  if (!system_layer) return;
  layer = *system_layer;
  layer.zName = "isobar-pages";
  layer.pNext = 0;
  layer.szOsFile = (int)sizeof(PageFile) + system_layer->szOsFile;
  layer.xOpen = layer_open;
  if (sqlite3_vfs_register(&layer, 0) == SQLITE_OK) layer_name = layer.zName;
}

const char *cpages_name(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, set_up);
  return layer_name;
}
