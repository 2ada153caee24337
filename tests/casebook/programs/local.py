# SPDX-License-Identifier: MIT
"""Per-thread state that is added to and never cleared: local.py BEFORE AFTER."""
import sys
import threading

import heapsnap


class Span:
    def __init__(self, name):
        self.name = name
        self.tags = {'kind': 'server', 'name': name}


context = threading.local()


def begin(name):
    if not hasattr(context, 'spans'):
        context.spans = []
    context.spans.append(Span(name))


def traffic(first, count):
    for i in range(first, first + count):
        begin('GET /%d' % i)


def main(before, after):
    traffic(0, 20)
    heapsnap.dump(before, label='before')
    traffic(20, 1000)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
