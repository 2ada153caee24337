# SPDX-License-Identifier: MIT
"""A logger that gets one more handler for every request: handlers.py BEFORE AFTER."""
import io
import logging
import sys

import heapsnap

log = logging.getLogger('shop.orders')
log.propagate = False


def handle(number):
    # The leak: meant to be done once, where the service starts.
    handler = logging.StreamHandler(io.StringIO())
    log.addHandler(handler)
    if number % 100 == 0:
        log.warning('order %d', number)


def traffic(first, count):
    for i in range(first, first + count):
        handle(i)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 300)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
