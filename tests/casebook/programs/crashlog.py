# SPDX-License-Identifier: MIT
"""Log records with tracebacks in a memory handler: crashlog.py BEFORE AFTER."""
import logging
import logging.handlers
import sys

import heapsnap

log = logging.getLogger('worker')
log.propagate = False
recent = logging.handlers.MemoryHandler(10 ** 9, flushLevel=logging.CRITICAL + 1)
log.addHandler(recent)


class Payload:
    def __init__(self, number):
        self.number = number
        self.blob = bytearray(2000)


def process(payload):
    return payload.number // 0


def work(number):
    try:
        process(Payload(number))
    except ZeroDivisionError:
        log.exception('job %d failed', number)


def traffic(first, count):
    for i in range(first, first + count):
        work(i)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 300)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
