#pragma once
#include <stdint.h>

/// What statx tells of one file.
typedef struct {
  uint64_t inode;
  uint64_t device;
  int64_t size;
  int64_t modified_seconds;
  int64_t changed_seconds;
  int32_t modified_nanoseconds;
  int32_t changed_nanoseconds;
  /// File type and permission bits, as in st_mode.
  uint32_t mode;
  uint32_t links;
} csys_status;

/// The status of path below dirfd, a symbolic link itself and not its target; an empty path means dirfd itself.
int32_t csys_status_at(int32_t dirfd, const char *path, csys_status *out);

/// Reads directory entries (the kernel's linux_dirent64 records) into buffer; gives the number of bytes, 0 at the end.
int64_t csys_read_directory(int32_t fd, void *buffer, uint64_t size);

/// What csys_open_beneath does with symbolic links.
enum {
  /// None is followed, in any component.
  csys_links_refuse = 0,
  /// Those are followed that stay below the directory (a kernel without openat2 follows none).
  csys_links_inside = 1,
  /// All are followed, wherever they lead.
  csys_links_follow = 2,
};

/// How the path is resolved: by the kernel in one call where it can, or always one component at a time.
enum { csys_resolve_best = 0, csys_resolve_walk = 1 };

/// Opens path below dirfd. The path must be relative, without "." and ".." and empty components. Always closed on exec.
int32_t csys_open_beneath(int32_t dirfd, const char *path, int32_t flags, uint32_t mode, int32_t links, int32_t resolve);

enum { csys_rename_replace = 0, csys_rename_if_absent = 1, csys_rename_exchange = 2 };
int32_t csys_rename(int32_t from_dir, const char *from, int32_t to_dir, const char *to, int32_t how);

/// Copies inside the kernel; gives the number of bytes, 0 at the end of the input.
int64_t csys_copy_range(int32_t from, int64_t from_offset, int32_t to, int64_t to_offset, uint64_t length);

/// Reserves space without changing the file's length.
int32_t csys_reserve(int32_t fd, int64_t offset, int64_t length);

/// Extended attributes of an open descriptor, opened with O_PATH or not (through /proc/self/fd).
int64_t csys_get_attribute(int32_t fd, const char *name, void *value, uint64_t size);
int32_t csys_set_attribute(int32_t fd, const char *name, const void *value, uint64_t size);
int32_t csys_remove_attribute(int32_t fd, const char *name);
/// Names, each ended by a NUL.
int64_t csys_list_attributes(int32_t fd, char *names, uint64_t size);

/// Changes the permission bits of an open descriptor, opened with O_PATH or not (through /proc/self/fd).
int32_t csys_set_mode(int32_t fd, uint32_t mode);

/// Sets the modification time and leaves the access time; of a link itself. An empty path means dirfd itself.
int32_t csys_set_modified(int32_t dirfd, const char *path, int64_t seconds, int32_t nanoseconds);

/// Writes out everything that waits to be written to the file system of an open descriptor.
int32_t csys_sync_file_system(int32_t fd);

/// The number of the file system's kind, as statfs(2) has it; negative errno on failure.
int64_t csys_file_system_kind(int32_t fd);

/// Takes an exclusive lock on the open file description without waiting: -EAGAIN if another holds it.
int32_t csys_lock(int32_t fd);

/// Gives the lock of the open file description back, also where a forked child still holds the description.
void csys_unlock(int32_t fd);

/// O_PATH and O_NOATIME, which Glibc's Swift module lacks.
int32_t csys_o_path(void);
int32_t csys_o_noatime(void);
