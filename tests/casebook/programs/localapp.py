# SPDX-License-Identifier: MIT
"""A service that lives in local variables: localapp.py BEFORE AFTER."""
import sys
import threading

import heapsnap


class Session:
    def __init__(self, number):
        self.number = number
        self.cart = ['item %d' % number] * 3


class App:
    def __init__(self):
        self.sessions = {}
        self.lock = threading.Lock()

    def handle(self, number):
        with self.lock:
            self.sessions[number] = Session(number)


def serve(app, first, count):
    workers = [threading.Thread(target=app.handle, args=(i,)) for i in range(first, first + count)]
    for worker in workers:
        worker.start()
        worker.join()


def main(before, after):
    app = App()
    serve(app, 0, 10)
    heapsnap.dump(before, label='before')
    serve(app, 10, 200)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
