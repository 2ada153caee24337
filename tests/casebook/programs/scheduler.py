# SPDX-License-Identifier: MIT
"""Events scheduled so far ahead that they are never run: scheduler.py BEFORE AFTER."""
import sched
import sys
import time

import heapsnap


class Reminder:
    def __init__(self, number):
        self.number = number
        self.text = 'remember %d' % number

    def fire(self):
        print(self.text)


calendar = sched.scheduler(time.monotonic)


def remind(number):
    calendar.enter(86400 * 365, 1, Reminder(number).fire)


def traffic(first, count):
    for i in range(first, first + count):
        remind(i)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 600)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
