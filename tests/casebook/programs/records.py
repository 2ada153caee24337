# SPDX-License-Identifier: MIT
"""Log records that a handler buffers until a flush that never comes: records.py BEFORE AFTER."""
import logging
import logging.handlers
import sys

import heapsnap

log = logging.getLogger('shop')
log.setLevel(logging.INFO)
log.propagate = False
audit = logging.handlers.MemoryHandler(10 ** 9, flushLevel=logging.CRITICAL)
log.addHandler(audit)


def handle(number):
    log.info('order %d', number)


def traffic(first, count):
    for i in range(first, first + count):
        handle(i)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 500)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
