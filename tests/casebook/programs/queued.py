# SPDX-License-Identifier: MIT
"""A queue whose consumer died: queued.py BEFORE AFTER."""
import queue
import sys

import heapsnap


class Mail:
    def __init__(self, to, body):
        self.to = to
        self.body = body


outbox = queue.Queue()


def send(number):
    outbox.put(Mail('user%d@example.org' % number, 'hello ' * 20))


def traffic(first, count):
    for i in range(first, first + count):
        send(i)


def main(before, after):
    traffic(0, 20)
    heapsnap.dump(before, label='before')
    traffic(20, 1000)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
