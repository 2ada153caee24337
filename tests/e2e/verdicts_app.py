# SPDX-License-Identifier: MIT
"""A service with a leak, a cache that fills, work that comes and goes, and what stays; it captures
itself after every round: verdicts_app.py FOLDER ROUNDS."""
import functools
import os
import random
import sys

import heapsnap


class Request:
    def __init__(self, number):
        self.headers = {'host': 'h%d' % number}


class Row:
    def __init__(self, number):
        self.values = [number] * 8


class Job:
    def __init__(self, number):
        self.data = bytearray(100 + number % 50)


class Setting:
    pass


pending, jobs, settings = [], [], [Setting() for _ in range(300)]


@functools.lru_cache(maxsize=2000)
def look_up(number):
    return Row(number)


def main(folder, rounds):
    numbers = random.Random(5)
    for i in range(rounds):
        pending.extend(Request(n) for n in range(numbers.randrange(120, 180)))
        jobs[:] = [Job(n) for n in range(numbers.randrange(200, 2000))]
        for _ in range(400):
            look_up(numbers.randrange(100000))
        heapsnap.dump(os.path.join(folder, '%02d.jsonl.gz' % i))


if __name__ == '__main__':
    main(sys.argv[1], int(sys.argv[2]))
