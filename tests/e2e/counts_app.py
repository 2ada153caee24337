# SPDX-License-Identifier: MIT
"""Counts its own objects with objgraph and captures itself: counts_app.py STATS DUMP."""
import collections
import contextvars
import decimal
import email.message
import gc
import json
import logging
import sys
import threading
import unittest
import weakref

import objgraph

import heapsnap


class Plain:
    def __init__(self, number):
        self.number = number
        self.peer = None


class Slotted:
    __slots__ = ('left', 'right', '__weakref__')

    def __init__(self, left, right):
        self.left = left
        self.right = right


class Words(dict):
    class Entry(list):
        """A nested class: its qualified name has a dot."""


Point = collections.namedtuple('Point', 'x y')


def furniture():
    """A bit of everything that the collector tracks, and of what it does not."""
    plain = [Plain(i) for i in range(500)]
    for one, other in zip(plain, plain[1:]):
        one.peer = other
    slotted = [Slotted(one, [one]) for one in plain[:200]]
    return {
        'plain': plain,
        'slotted': slotted,
        'words': Words((str(i), Words.Entry([plain[i]])) for i in range(70)),
        'points': [Point(i, plain[i]) for i in range(90)],
        'numbers': [Point(i, i) for i in range(90)],
        'closures': [lambda one=one: one for one in plain[:60]],
        'methods': [one.__init__ for one in plain[:30]],
        'weak': [weakref.ref(one) for one in slotted[:40]],
        'proxies': weakref.WeakKeyDictionary((one, 1) for one in slotted[:40]),
        'generators': [(one for one in plain) for _ in range(25)],
        'deque': collections.deque(plain[:10]),
        'decimal': [decimal.Decimal(i) for i in range(20)],
        'message': email.message.EmailMessage(),
        'context': contextvars.copy_context(),
        'logger': logging.getLogger('furniture.room'),
        'lock': threading.RLock(),
        'suite': unittest.TestSuite(),
        'sets': [frozenset([one]) for one in plain[:15]],
    }


kept = furniture()


def main(stats_path, dump_path):
    gc.disable()
    gc.collect()
    # Once for the caches that the first call fills.
    heapsnap.dump(dump_path)
    objgraph.typestats(shortnames=False)
    with open(stats_path, 'w') as file:
        json.dump(objgraph.typestats(shortnames=False), file)
    del file
    with open(stats_path, 'w') as file:
        stats = objgraph.typestats(shortnames=False)
        heapsnap.dump(dump_path)
        json.dump(stats, file)


if __name__ == '__main__':
    main(*sys.argv[1:])
