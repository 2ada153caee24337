# SPDX-License-Identifier: MIT
"""A chat server whose closed connections stay subscribed to the event bus: app.py BEFORE AFTER."""
import sys

import heapsnap


class Bus:
    def __init__(self):
        self._listeners = {}

    def subscribe(self, topic, listener):
        self._listeners.setdefault(topic, []).append(listener)

    def unsubscribe(self, topic, listener):
        self._listeners[topic].remove(listener)

    def publish(self, topic, event):
        for listener in list(self._listeners.get(topic, ())):
            listener(event)


class Connection:
    def __init__(self, bus, user):
        self.bus = bus
        self.user = user
        self.closed = False
        self.inbox = []
        bus.subscribe('room', self.on_message)

    def on_message(self, event):
        if not self.closed:
            self.inbox.append(event)

    def close(self):
        # The leak: unsubscribe('room', self.on_message) is missing.
        self.closed = True
        self.inbox = []


bus = Bus()


def traffic(first, count):
    connection = Connection(bus, 'resident')
    for i in range(first, first + count):
        visitor = Connection(bus, 'user%d' % i)
        if i % 50 == 0:
            bus.publish('room', {'from': visitor.user, 'text': 'hello'})
        visitor.close()
    connection.close()


def main(before, after):
    traffic(0, 40)
    heapsnap.dump(before, label='before')
    traffic(40, 1200)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
