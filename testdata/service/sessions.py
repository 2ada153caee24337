# SPDX-License-Identifier: MIT
"""Sessions of the shop: whoever comes without a cookie gets one, and nobody's ever ends."""
import itertools


class Item:
    """A line of a basket. It knows its basket, which knows its items: a cycle."""

    def __init__(self, basket, name, price):
        self.basket = basket
        self.name = name
        self.price = price


class Basket:
    def __init__(self, session):
        self.session = session
        self.items = []

    def add(self, name, price):
        self.items.append(Item(self, name, price))

    def total(self):
        return sum(item.price for item in self.items)


class Session:
    def __init__(self, cookie):
        self.cookie = cookie
        self.basket = Basket(self)


class SessionStore:
    def __init__(self):
        self._numbers = itertools.count(1)
        # The leak: robots send no cookie, so every request of theirs leaves a session behind.
        self._sessions = {}

    def find(self, cookie):
        session = self._sessions.get(cookie)
        if session is None:
            cookie = 'session%d' % next(self._numbers)
            session = self._sessions[cookie] = Session(cookie)
        return session


store = SessionStore()
