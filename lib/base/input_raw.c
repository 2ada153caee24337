// SPDX-License-Identifier: MIT
// Raw bytes of a dump: read(2), from files, pipes and terminals alike.
//
// No mmap: a file that is cut short while it is read would kill the process with SIGBUS, and
// copying out of the page cache (12 GB/s measured) costs a tenth of what the fastest reader takes.
#include "input_private.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

// Wait until fd or wake_fd has something; false when woken.
static bool wait_readable(const hsn__raw *raw)
{
    struct pollfd fds[2] = {{raw->fd, POLLIN, 0}, {raw->wake_fd, POLLIN, 0}};
    nfds_t count = raw->wake_fd >= 0 ? 2 : 1;
    while (poll(fds, count, -1) < 0 && errno == EINTR)
        continue;
    return count == 1 || !fds[1].revents;
}

size_t hsn__raw_read(hsn__raw *raw, uint8_t *data, size_t room, hsn_error *err)
{
    while (!raw->ended && raw->fd >= 0) {
        if (raw->wake_fd >= 0 && !wait_readable(raw))
            break;
        ssize_t got = read(raw->fd, data, room);
        if (got > 0)
            return (size_t)got;
        if (got == 0)
            break;
        if (errno == EAGAIN)
            wait_readable(raw);
        else if (errno != EINTR) {
            hsn__fail_errno(err, raw->name, "cannot read");
            break;
        }
    }
    raw->ended = true;
    return 0;
}
