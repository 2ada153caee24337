# SPDX-License-Identifier: MIT
"""Makes cycles of all kinds, dumps, and then says what the collector finds: collector_app.py DUMP FOUND"""
import gc
import itertools
import json
import sys

import heapsnap


class Node:
    def __init__(self, parent=None):
        self.parent, self.children = parent, []
        if parent:
            parent.children.append(self)


class Pair:
    pass


def drop_trees():
    for _ in range(3):
        root = Node()
        for _ in range(10):
            branch = Node(root)
            for _ in range(5):
                Node(branch)


def drop_exception():
    try:
        1 / 0
    except ZeroDivisionError as error:
        kept = error
    return None


def drop_closure():
    pair = Pair()
    pair.call = lambda: pair


def drop_containers():
    namespace = {}
    namespace['self'] = namespace
    row = []
    row.append(iter([row]))


def hold_by_iterator():
    # An iterator of C code holds the list, whose item refers back to it; somebody holds the iterator.
    items = []
    items.append(itertools.chain(items))
    return items[0]


gc.collect()
gc.disable()
live = Node()
Node(live)
held = hold_by_iterator()
drop_trees()
drop_exception()
drop_closure()
drop_containers()
heapsnap.dump(sys.argv[1])
gc.set_debug(gc.DEBUG_SAVEALL)
gc.collect()
with open(sys.argv[2], 'w', encoding='utf-8') as out:
    json.dump([id(thing) for thing in gc.garbage], out)
