# SPDX-License-Identifier: MIT
"""A feed reader whose trees know their parents, with the collector off: app.py BEFORE AFTER."""
import gc
import sys
from xml.parsers import expat

import heapsnap


class Element:
    """A node of a parsed feed. `parent` closes a cycle with `children`."""

    def __init__(self, tag, attributes, parent):
        self.tag = tag
        self.attributes = attributes
        self.parent = parent
        self.children = []
        self.text = ''
        if parent is not None:
            parent.children.append(self)


class FeedParser:
    def __init__(self):
        self.root = None
        self._open = []

    def parse(self, text):
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.Parse(text, True)
        return self.root

    def _start(self, tag, attributes):
        element = Element(tag, attributes, self._open[-1] if self._open else None)
        if self.root is None:
            self.root = element
        self._open.append(element)

    def _end(self, tag):
        self._open.pop()

    def _data(self, data):
        self._open[-1].text += data


def feed(number, entries=12):
    body = ''.join('<entry id="%d-%d"><title>Entry %d</title><link href="/%d"/></entry>' %
                   (number, i, i, i) for i in range(entries))
    return '<feed xmlns="x"><title>Feed %d</title>%s</feed>' % (number, body)


def titles(number):
    root = FeedParser().parse(feed(number))
    return [child.children[0].text for child in root.children if child.tag == 'entry']


def traffic(first, count):
    for i in range(first, first + count):
        titles(i)


def main(before, after):
    # "For latency": now only reference counts free anything, and they cannot free these trees.
    gc.disable()
    traffic(0, 5)
    heapsnap.dump(before, label='before')
    traffic(5, 150)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
