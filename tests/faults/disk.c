/* A disk that can be watched, and that can fail: loaded before the C library (LD_PRELOAD).
 *
 * DISK_LOG names a file that gets one record for each write, cut, sync and removal of files whose
 * path begins with DISK_WATCHES, and for each sync of their folder: a letter, the length of the
 * path, the path, offset, length, and for writes the bytes. While the file named by DISK_FAILS is
 * there, syncs of such files fail with EIO.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -2;

static int is_watched(const char *path) {
    const char *wanted = getenv("DISK_WATCHES");
    /* The index of the log is shared memory, and made anew after a power cut. */
    return wanted && !strncmp(path, wanted, strlen(wanted)) && !strstr(path, "-shm");
}

static int is_their_folder(const char *path) {
    const char *wanted = getenv("DISK_WATCHES");
    const char *name = wanted ? strrchr(wanted, '/') : NULL;
    return name && strlen(path) == (size_t)(name - wanted) && !strncmp(path, wanted, name - wanted);
}

static size_t path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = 0;
    return length < 0 ? 0 : (size_t)length;
}

/* Return the length of a watched file's path, 0 for others. */
static size_t watched(int fd, char *path) {
    size_t length = path_of(fd, path);
    return is_watched(path) ? length : 0;
}

static void note(char what, const char *path, size_t length, int64_t offset, const void *bytes,
                 int64_t count) {
    if (log_fd == -2) {
        const char *name = getenv("DISK_LOG");
        log_fd = name ? open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    }
    if (log_fd < 0) return;
    uint32_t size = (uint32_t)length;
    struct iovec parts[] = {
        {&what, 1}, {&size, 4}, {(void *)path, length}, {&offset, 8}, {&count, 8},
        {(void *)bytes, bytes ? (size_t)count : 0},
    };
    if (writev(log_fd, parts, 6) < 0) abort();
}

static ssize_t put(int fd, const void *bytes, size_t count, off64_t offset) {
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    char path[PATH_MAX];
    if (!real) real = dlsym(RTLD_NEXT, "pwrite64");
    size_t length = watched(fd, path);
    if (!length) return real(fd, bytes, count, offset);
    pthread_mutex_lock(&one_at_a_time);
    ssize_t done = real(fd, bytes, count, offset);
    if (done > 0) note('W', path, length, offset, bytes, done);
    pthread_mutex_unlock(&one_at_a_time);
    return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
    return put(fd, bytes, count, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    return put(fd, bytes, count, offset);
}

static int cut(int fd, off64_t size) {
    static int (*real)(int, off64_t);
    char path[PATH_MAX];
    if (!real) real = dlsym(RTLD_NEXT, "ftruncate64");
    size_t length = watched(fd, path);
    pthread_mutex_lock(&one_at_a_time);
    int done = real(fd, size);
    if (length && !done) note('T', path, length, size, NULL, 0);
    pthread_mutex_unlock(&one_at_a_time);
    return done;
}

int ftruncate64(int fd, off64_t size) { return cut(fd, size); }
int ftruncate(int fd, off_t size) { return cut(fd, size); }

static int sync_as(const char *name, int fd) {
    char path[PATH_MAX];
    int (*real)(int) = dlsym(RTLD_NEXT, name);
    size_t length = path_of(fd, path);
    if (is_their_folder(path)) {
        int done = real(fd);
        if (!done) note('D', path, length, 0, NULL, 0);
        return done;
    }
    if (!is_watched(path)) return real(fd);
    const char *fails = getenv("DISK_FAILS");
    if (fails && !access(fails, F_OK)) {
        errno = EIO;
        return -1;
    }
    /* Noted as it begins, and again when it is done: what comes in between is not safe by it. */
    note('B', path, length, 0, NULL, 0);
    int done = real(fd);
    if (!done) note('S', path, length, 0, NULL, 0);
    return done;
}

int fsync(int fd) { return sync_as("fsync", fd); }
int fdatasync(int fd) { return sync_as("fdatasync", fd); }

int unlink(const char *path) {
    static int (*real)(const char *);
    if (!real) real = dlsym(RTLD_NEXT, "unlink");
    pthread_mutex_lock(&one_at_a_time);
    int done = real(path);
    if (!done && is_watched(path)) note('U', path, strlen(path), 0, NULL, 0);
    pthread_mutex_unlock(&one_at_a_time);
    return done;
}
