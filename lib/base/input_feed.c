// SPDX-License-Identifier: MIT
// Inflating on a thread of its own: a ring of buffers handed over under a mutex.
#include "input_private.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

static void *run(void *argument)
{
    hsn__feed *feed = argument;
    bool more = true;
    while (more) {
        pthread_mutex_lock(&feed->mutex);
        while (feed->count == HSN__FEED_SLOTS && !feed->stop)
            pthread_cond_wait(&feed->changed, &feed->mutex);
        unsigned slot = (feed->first + feed->count) % HSN__FEED_SLOTS;
        more = !feed->stop;
        pthread_mutex_unlock(&feed->mutex);

        size_t size =
            more ? feed->codec->ops->read(feed->codec, feed->slots[slot], HSN__INPUT_CHUNK) : 0;
        pthread_mutex_lock(&feed->mutex);
        feed->sizes[slot] = size;
        feed->count += size != 0;
        more = more && size && !feed->codec->ended;
        feed->finished = !more;
        pthread_cond_signal(&feed->changed);
        pthread_mutex_unlock(&feed->mutex);
    }
    return NULL;
}

// A signal's handler is the program's business: it shall not run on our thread.
static bool start_thread(hsn__feed *feed)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    bool ok = !pthread_create(&feed->thread, NULL, run, feed);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return ok;
}

static void release(hsn__feed *feed)
{
    for (unsigned i = 0; i < HSN__FEED_SLOTS; i++)
        hsn__free(feed->slots[i]);
    for (int i = 0; i < 2; i++)
        if (feed->wake_fds[i] >= 0)
            close(feed->wake_fds[i]);
    hsn__free(feed);
}

hsn__feed *hsn__feed_start(hsn__codec *codec)
{
    hsn__feed *feed = hsn__alloc_zeroed(1, sizeof *feed);
    if (!feed)
        return NULL;
    feed->codec = codec;
    feed->wake_fds[0] = feed->wake_fds[1] = -1;
    bool ok = true;
    for (unsigned i = 0; i < HSN__FEED_SLOTS && ok; i++)
        ok = (feed->slots[i] = hsn__alloc(HSN__INPUT_CHUNK)) != NULL;
    // A regular file never keeps a reader waiting; anything else may, and close must not.
    struct stat status;
    hsn__raw *raw = codec->raw;
    if (ok && raw->fd >= 0 && !(fstat(raw->fd, &status) == 0 && S_ISREG(status.st_mode)))
        ok = pipe2(feed->wake_fds, O_CLOEXEC) == 0;
    if (!ok) {
        release(feed);
        return NULL;
    }
    raw->wake_fd = feed->wake_fds[0];
    pthread_mutex_init(&feed->mutex, NULL);
    pthread_cond_init(&feed->changed, NULL);
    if (start_thread(feed))
        return feed;
    raw->wake_fd = -1;
    pthread_cond_destroy(&feed->changed);
    pthread_mutex_destroy(&feed->mutex);
    release(feed);
    return NULL;
}

size_t hsn__feed_read(hsn__feed *feed, uint8_t *out, size_t room)
{
    pthread_mutex_lock(&feed->mutex);
    while (!feed->count && !feed->finished)
        pthread_cond_wait(&feed->changed, &feed->mutex);
    bool have = feed->count != 0;
    pthread_mutex_unlock(&feed->mutex);
    if (!have)
        return 0;
    // The first slot is ours until we give it back below.
    unsigned slot = feed->first;
    size_t size = feed->sizes[slot] - feed->taken;
    if (size > room)
        size = room;
    memcpy(out, feed->slots[slot] + feed->taken, size);
    feed->taken += size;
    if (feed->taken == feed->sizes[slot]) {
        feed->taken = 0;
        pthread_mutex_lock(&feed->mutex);
        feed->first = (feed->first + 1) % HSN__FEED_SLOTS;
        feed->count--;
        pthread_cond_signal(&feed->changed);
        pthread_mutex_unlock(&feed->mutex);
    }
    return size;
}

void hsn__feed_stop(hsn__feed *feed)
{
    if (!feed)
        return;
    pthread_mutex_lock(&feed->mutex);
    feed->stop = true;
    pthread_cond_signal(&feed->changed);
    pthread_mutex_unlock(&feed->mutex);
    if (feed->wake_fds[1] >= 0) {
        close(feed->wake_fds[1]); // poll sees the hang-up
        feed->wake_fds[1] = -1;
    }
    pthread_join(feed->thread, NULL);
    pthread_cond_destroy(&feed->changed);
    pthread_mutex_destroy(&feed->mutex);
    release(feed);
}
