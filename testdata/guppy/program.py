# SPDX-License-Identifier: MIT
"""Grows in three steps and lets guppy write its heap after each: program.py FOLDER."""
import os
import sys

from guppy import hpy

folder = sys.argv[1]
heapy = hpy()


class Session:
    def __init__(self, number):
        self.name = f"session-{number}"
        self.body = bytearray(2000)


class Node:
    __slots__ = ("parent", "children")


kept = []


def grow(step):
    kept.extend(Session(i) for i in range(100 * step))
    for _ in range(50):
        node = Node()
        node.parent, node.children = None, []
        kept.append(node)


def path(name):
    return os.path.join(folder, name)


heapy.setrelheap()
before = None
for step in (1, 2, 3):
    grow(step)
    heap = heapy.heap()
    heap.stat.dump(path("guppy3.1-steps.hpy"))  # appends
    if before:
        (heap.stat - before).dump(path("guppy3.1-difference.hpy"), "w")
    before = heap.stat
heap.byunity.stat.dump(path("guppy3.1-owners.hpy"), "w")
(heap & Session).byid.stat[:20].dump(path("guppy3.1-ids.hpy"), "w")
heap.bymodule.stat.dump(path("guppy3.1-owners.hpy"))
heap.byrcs.stat.dump(path("guppy3.1-owners.hpy"))
print(heap)
