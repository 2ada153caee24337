# SPDX-License-Identifier: MIT
"""A mail relay whose retry queue keeps closures over whole messages: app.py BEFORE AFTER."""
import sys

import heapsnap


class Message:
    def __init__(self, sender, recipient, body):
        self.sender = sender
        self.recipient = recipient
        self.body = body
        self.attempts = 0


class TemporaryFailure(Exception):
    pass


class Transport:
    """Delivers, except to the domain that is down."""

    def __init__(self, down):
        self.down = down
        self.delivered = 0

    def send(self, message):
        message.attempts += 1
        if message.recipient.endswith(self.down):
            raise TemporaryFailure(message.recipient)
        self.delivered += 1


# Retries that nobody runs: the timer that should empty the list was never started.
_retries = []


def relay(transport, message):
    def retry():
        transport.send(message)

    try:
        transport.send(message)
    except TemporaryFailure:
        _retries.append(retry)


def traffic(transport, first, count):
    for i in range(first, first + count):
        domain = '@down.example' if i % 3 == 0 else '@up.example'
        relay(transport, Message('shop@example', 'user%d%s' % (i, domain), 'Dear %d, ' % i * 20))


def main(before, after):
    transport = Transport('@down.example')
    traffic(transport, 0, 60)
    heapsnap.dump(before, label='before')
    traffic(transport, 60, 3000)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
