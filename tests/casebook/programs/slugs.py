# SPDX-License-Identifier: MIT
"""Attributes with names of words on a class: slugs.py BEFORE AFTER."""
import itertools
import sys

import heapsnap


class Site:
    title = 'shop'


class Page:
    def __init__(self, slug):
        self.slug = slug
        self.parts = [slug] * 5


words = ['red', 'blue', 'shoe', 'hat', 'tea', 'cup', 'big', 'new']
slugs = ['_'.join(found) for found in itertools.permutations(words, 4)]


def publish(number):
    slug = slugs[number]
    setattr(Site, slug, Page(slug))


def traffic(first, count):
    for i in range(first, first + count):
        publish(i)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 300)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
