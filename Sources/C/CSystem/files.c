#define _GNU_SOURCE
#include "csys_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

int32_t csys_status_at(int32_t dirfd, const char *path, csys_status *out) {
  struct statx s;
  int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (*path ? 0 : AT_EMPTY_PATH);
  if (statx(dirfd, path, flags, STATX_BASIC_STATS, &s) < 0) return -errno;
  out->inode = s.stx_ino;
  out->device = makedev(s.stx_dev_major, s.stx_dev_minor);
  out->size = (int64_t)s.stx_size;
  out->modified_seconds = s.stx_mtime.tv_sec;
  out->modified_nanoseconds = (int32_t)s.stx_mtime.tv_nsec;
  out->changed_seconds = s.stx_ctime.tv_sec;
  out->changed_nanoseconds = (int32_t)s.stx_ctime.tv_nsec;
  out->mode = s.stx_mode;
  out->links = s.stx_nlink;
  return 0;
}

int64_t csys_read_directory(int32_t fd, void *buffer, uint64_t size) {
  long count = syscall(SYS_getdents64, fd, buffer, size);
  return count < 0 ? -errno : count;
}

// Whether openat2 exists and is allowed here (sandboxes refuse it with EPERM): asked once, since EPERM also has other meanings.
static int openat2_works(void) {
  static atomic_int known;
  int state = atomic_load_explicit(&known, memory_order_relaxed);
  if (state == 0) {
    struct open_how how = {.flags = O_PATH | O_CLOEXEC | O_DIRECTORY};
    long fd = syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof how);
    state = fd < 0 && (errno == ENOSYS || errno == EPERM) ? 2 : 1;
    if (fd >= 0) close((int)fd);
    atomic_store_explicit(&known, state, memory_order_relaxed);
  }
  return state == 1;
}

// Opens one folder without following a link, as a handle.
static int32_t open_folder(int dirfd, const char *name, size_t length) {
  char copy[NAME_MAX + 1];
  if (length > NAME_MAX) return -ENAMETOOLONG;
  memcpy(copy, name, length);
  copy[length] = 0;
  int fd = openat(dirfd, copy, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -errno;
  struct stat s;
  int failure = fstat(fd, &s) < 0 ? errno : S_ISLNK(s.st_mode) ? ELOOP : S_ISDIR(s.st_mode) ? 0 : ENOTDIR;
  if (!failure) return fd;
  close(fd);
  return -failure;
}

// One component at a time, each opened without following a link. Also for paths longer than the kernel takes at once.
static int32_t open_walking(int32_t dirfd, const char *path, int32_t flags, uint32_t mode) {
  int current = dirfd;
  for (;;) {
    const char *slash = strchr(path, '/');
    // The last folder too, so that a link in its place is told from a file.
    if (!slash && !(flags & O_DIRECTORY)) break;
    int next = open_folder(current, path, slash ? (size_t)(slash - path) : strlen(path));
    if (current != dirfd) close(current);
    if (next < 0) return next;
    current = next;
    path = slash ? slash + 1 : ".";
    if (!slash) break;
  }
  int fd = openat(current, path, flags | O_NOFOLLOW, mode);
  int failure = errno;
  if (current != dirfd) close(current);
  return fd < 0 ? -failure : fd;
}

int32_t csys_open_beneath(int32_t dirfd, const char *path, int32_t flags, uint32_t mode, int32_t links, int32_t resolve) {
  flags |= O_CLOEXEC;
  if (links == csys_links_follow) {
    int fd = openat(dirfd, path, flags, mode);
    return fd < 0 ? -errno : fd;
  }
  if (resolve == csys_resolve_walk || strlen(path) >= PATH_MAX || !openat2_works()) return open_walking(dirfd, path, flags, mode);
  struct open_how how = {
      .flags = (uint64_t)(uint32_t)flags,
      .mode = flags & O_CREAT ? mode : 0,
      .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | (links == csys_links_refuse ? RESOLVE_NO_SYMLINKS : 0),
  };
  long fd;
  int attempts = 0;
  // EAGAIN: something was renamed while the kernel looked.
  do {
    fd = syscall(SYS_openat2, dirfd, path, &how, sizeof how);
  } while (fd < 0 && (errno == EINTR || (errno == EAGAIN && ++attempts < 100)));
  return fd < 0 ? -errno : (int32_t)fd;
}

int32_t csys_rename(int32_t from_dir, const char *from, int32_t to_dir, const char *to, int32_t how) {
  if (how == csys_rename_replace) return renameat(from_dir, from, to_dir, to) < 0 ? -errno : 0;
  unsigned flags = how == csys_rename_exchange ? RENAME_EXCHANGE : RENAME_NOREPLACE;
  return renameat2(from_dir, from, to_dir, to, flags) < 0 ? -errno : 0;
}

int64_t csys_copy_range(int32_t from, int64_t from_offset, int32_t to, int64_t to_offset, uint64_t length) {
  ssize_t count = copy_file_range(from, &from_offset, to, &to_offset, length, 0);
  return count < 0 ? -errno : count;
}

int32_t csys_reserve(int32_t fd, int64_t offset, int64_t length) {
  return fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, length) < 0 ? -errno : 0;
}

typedef struct {
  char text[40];
} fd_path;

// The f* calls refuse O_PATH descriptors; their magic link leads to exactly the file that is open.
static fd_path path_of(int32_t fd) {
  fd_path path;
  snprintf(path.text, sizeof path.text, "/proc/self/fd/%d", fd);
  return path;
}

int64_t csys_get_attribute(int32_t fd, const char *name, void *value, uint64_t size) {
  ssize_t count = fgetxattr(fd, name, value, size);
  if (count < 0 && errno == EBADF) count = getxattr(path_of(fd).text, name, value, size);
  return count < 0 ? -errno : count;
}

int32_t csys_set_attribute(int32_t fd, const char *name, const void *value, uint64_t size) {
  return setxattr(path_of(fd).text, name, value, size, 0) < 0 ? -errno : 0;
}

int32_t csys_remove_attribute(int32_t fd, const char *name) {
  return removexattr(path_of(fd).text, name) < 0 ? -errno : 0;
}

int64_t csys_list_attributes(int32_t fd, char *names, uint64_t size) {
  ssize_t count = flistxattr(fd, names, size);
  if (count < 0 && errno == EBADF) count = listxattr(path_of(fd).text, names, size);
  return count < 0 ? -errno : count;
}

int32_t csys_set_mode(int32_t fd, uint32_t mode) { return chmod(path_of(fd).text, mode) < 0 ? -errno : 0; }

int32_t csys_set_modified(int32_t dirfd, const char *path, int64_t seconds, int32_t nanoseconds) {
  struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = seconds, .tv_nsec = nanoseconds}};
  int result = *path ? utimensat(dirfd, path, times, AT_SYMLINK_NOFOLLOW) : futimens(dirfd, times);
  return result < 0 ? -errno : 0;
}

int32_t csys_sync_file_system(int32_t fd) { return syncfs(fd) < 0 ? -errno : 0; }

int32_t csys_lock(int32_t fd) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  return fcntl(fd, F_OFD_SETLK, &lock) < 0 ? (errno == EACCES ? -EAGAIN : -errno) : 0;
}

void csys_unlock(int32_t fd) {
  struct flock lock = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
  fcntl(fd, F_OFD_SETLK, &lock);
}

int32_t csys_o_path(void) { return O_PATH; }
int32_t csys_o_noatime(void) { return O_NOATIME; }

int64_t csys_file_system_kind(int32_t fd) {
  struct statfs s;
  return fstatfs(fd, &s) < 0 ? -errno : (int64_t)(uint32_t)s.f_type;
}
