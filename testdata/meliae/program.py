# SPDX-License-Identifier: MIT
"""Writes a small meliae dump of known objects: python program.py OUTPUT (meliae must be importable)."""
import sys

from meliae import _scanner


class Node(object):
    def __init__(self, name, parent=None):
        self.name = name
        self.parent = parent
        self.children = []
        if parent is not None:
            parent.children.append(self)


class Slotted(object):
    __slots__ = ("left", "right")


def closure(captured):
    def inner(default=captured):
        return captured, default
    return inner


def objects():
    root = Node("root")
    kids = [Node("kid %d" % i, root) for i in range(2)]
    slotted = Slotted()
    slotted.left, slotted.right = root, kids[0]
    numbers = {1: "one", (2, 3): "pair", "text": 4}
    mixed = [u"caf\xe9 \u20ac", b"bytes\x00\xff", "quote\" back\\ slash/ \n", 12345, 2.5, True, None]
    inner = closure(numbers)
    found = [root, root.__dict__, root.children, slotted, numbers, mixed, inner, Node, Slotted,
             ("first", "second", "third"), frozenset([1]), set(["member"]), sys.modules[__name__]]
    found += kids + [kid.__dict__ for kid in kids] + list(root.__dict__) + mixed
    return found + list(numbers) + list(numbers.values()) + list(found[9])


def main():
    with open(sys.argv[1], "wb") as out:
        for item in objects():
            _scanner.dump_object_info(out, item, None, True)


main()
