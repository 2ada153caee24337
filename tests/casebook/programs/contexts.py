# SPDX-License-Identifier: MIT
"""Deferred jobs that keep a copy of the context: contexts.py BEFORE AFTER."""
import contextvars
import sys

import heapsnap

current = contextvars.ContextVar('current')
tenant = contextvars.ContextVar('tenant', default=None)
deferred = []


class Request:
    def __init__(self, number):
        self.number = number
        self.body = bytearray(300)


def send_report():
    return current.get().number


def handle(number):
    token = current.set(Request(number))
    # The leak: the jobs run at night, and each has a copy of the context.
    deferred.append((contextvars.copy_context(), send_report))
    current.reset(token)


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
