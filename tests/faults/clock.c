/* A wall clock that jumps: loaded before the C library (LD_PRELOAD).
 *
 * CLOCK_OFFSET names a file of eight bytes: how many nanoseconds are added to the time of day, as a
 * signed number in this machine's own order. Whoever changes it sets all clocks of the process at
 * once, as an operator does, or a time server. Clocks that only grow stay as they are.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t SECOND = 1000000000;

static int64_t offset(void) {
    static volatile const int64_t *seen;
    if (!seen) {
        const char *name = getenv("CLOCK_OFFSET");
        int fd = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
        if (fd < 0) return 0;
        void *found = mmap(NULL, sizeof *seen, PROT_READ, MAP_SHARED, fd, 0);
        close(fd);
        if (found == MAP_FAILED) return 0;
        seen = found;
    }
    return *seen;
}

int clock_gettime(clockid_t which, struct timespec *at) {
    int failed = (int)syscall(SYS_clock_gettime, which, at);
    if (failed || (which != CLOCK_REALTIME && which != CLOCK_REALTIME_COARSE)) return failed;
    int64_t now = at->tv_sec * SECOND + at->tv_nsec + offset();
    at->tv_sec = now / SECOND;
    at->tv_nsec = now % SECOND;
    return 0;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    (void)zone;
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
