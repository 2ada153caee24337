# SPDX-License-Identifier: MIT
"""Arrays of samples that only grow: series.py BEFORE AFTER."""
import array
import sys

import heapsnap


class Metrics:
    def __init__(self, hosts):
        self.series = {host: array.array('d') for host in hosts}

    def record(self, host, value):
        self.series[host].append(value)


metrics = Metrics(['web-%d' % number for number in range(20)])


def sample(number):
    for host in metrics.series:
        metrics.record(host, number * 0.5)


def traffic(first, count):
    for i in range(first, first + count):
        sample(i)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 400)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
