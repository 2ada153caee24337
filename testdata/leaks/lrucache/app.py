# SPDX-License-Identifier: MIT
"""A pricing service with functools.lru_cache on a method, which keeps every self: app.py BEFORE AFTER."""
import functools
import sys

import heapsnap


class Basket:
    def __init__(self, customer, items):
        self.customer = customer
        self.items = items

    # The leak: self is part of the key, and the cache belongs to the class.
    @functools.lru_cache(maxsize=None)
    def total(self, currency):
        return sum(price * count for price, count in self.items), currency


class Checkout:
    def __init__(self):
        self.taken = 0

    def pay(self, customer, items):
        total, currency = Basket(customer, items).total('EUR')
        self.taken += total
        return {'paid': total, 'currency': currency}


checkout = Checkout()


def traffic(first, count):
    for i in range(first, first + count):
        checkout.pay('customer%d' % i, [(i % 17 + 0.5, 1 + i % 3), (9.9, 1)])


def main(before, after):
    traffic(0, 40)
    heapsnap.dump(before, label='before')
    traffic(40, 1200)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
