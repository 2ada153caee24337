# SPDX-License-Identifier: MIT
"""An application whose shutdown hooks close over requests: webapp.py BEFORE AFTER."""
import sys

import heapsnap


class Application(dict):
    def __init__(self):
        super().__init__()
        self.on_shutdown = []
        self['config'] = {'debug': False}


class Request:
    def __init__(self, path):
        self.path = path
        self.headers = {'host': 'shop', 'cookie': 'c=%s' % path}
        self.body = bytearray(400)


app = Application()


def handle(application, request):
    def close():
        request.body.clear()

    # The leak: one more hook for each request.
    application.on_shutdown.append(close)


def traffic(first, count):
    for i in range(first, first + count):
        handle(app, Request('/order/%d' % i))


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 300)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
