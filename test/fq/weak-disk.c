/* A file system that lacks what WEAK names, for whoever is started with this library in LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int lacks(const char *what) {
  const char *weak = getenv("WEAK");
  return weak != NULL && strcmp(weak, what) == 0;
}

/* With KILL_AT, the process dies before that change of the queue: making, renaming or removing a file. */
static void change(const char *path) {
  static int changes = 0;
  const char *root = getenv("KILL_ROOT"), *at = getenv("KILL_AT");
  if (root == NULL || at == NULL || strncmp(path, root, strlen(root)) != 0) return;
  changes += 1;
  if (changes == atoi(at)) kill(getpid(), SIGKILL);
}

static int is_temp(const char *path) { return strstr(path, "/taskq/temp/") != NULL; }

static int weaker(const char *path, int flags) {
  if (is_temp(path) && lacks("exclusive")) flags &= ~O_EXCL;
  if (is_temp(path) && lacks("append")) flags &= ~O_APPEND;
  return flags;
}

static int is_task(const char *path) {
  return strstr(path, "/queue/") != NULL && strstr(path, "--") != NULL && strstr(path, ".json") != NULL;
}

/* What fails when a file is made, as on a disk that is full or mounted for reading. */
static int refusal(const char *path, int flags) {
  static int tasks = 0;
  if (is_task(path) && lacks("rights")) return EACCES;
  if (is_task(path) && lacks("reading")) return EIO;
  if (is_task(path) && lacks("reading-more") && tasks++ >= 2) return EMFILE;
  if (!(flags & O_CREAT) || !is_temp(path)) return 0;
  if (lacks("writing")) return EROFS;
  return lacks("room") ? ENOSPC : 0;
}

static int open_as(const char *name, const char *path, int flags, mode_t mode) {
  if (refusal(path, flags) != 0) {
    errno = refusal(path, flags);
    return -1;
  }
  int (*original)(const char *, int, ...) = dlsym(RTLD_NEXT, name);
  if ((flags & O_ACCMODE) != O_RDONLY) change(path);
  return original(path, weaker(path, flags), mode);
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return open_as("open", path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return open_as("open64", path, flags, mode);
}

int rename(const char *from, const char *to) {
  int (*original)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
  change(from);
  if (is_temp(to) && lacks("replacing") && access(to, F_OK) == 0) return remove(from);
  if (is_temp(to) && lacks("renaming-once")) {
    unlink(to);
    return link(from, to);
  }
  return original(from, to);
}

int unlink(const char *path) {
  int (*original)(const char *) = dlsym(RTLD_NEXT, "unlink");
  change(path);
  if (is_temp(path) && lacks("reading-removed") && truncate(path, 0) != 0) return -1;
  return original(path);
}

int fsync(int file) {
  int (*original)(int) = dlsym(RTLD_NEXT, "fsync");
  struct stat info;
  if (lacks("folder-sync") && fstat(file, &info) == 0 && S_ISDIR(info.st_mode)) {
    errno = EIO;
    return -1;
  }
  return original(file);
}
