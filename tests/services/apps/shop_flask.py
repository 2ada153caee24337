# SPDX-License-Identifier: MIT
"""A Flask application: each request registers a closure with a bus; with LEAK=1 none is unregistered."""
import os
import signal

import flask
import heapsnap.flask

LEAK = os.environ.get('LEAK') == '1'
SIGNAL = int(os.environ.get('HEAPSNAP_TEST_SIGNAL', signal.SIGUSR2))


class Bus:
    def __init__(self):
        self._listeners = []

    def register(self, listener):
        self._listeners.append(listener)

    def unregister(self, listener):
        self._listeners.remove(listener)


class Order:
    def __init__(self, number):
        self.number = number
        self.lines = [number, number + 1]


application = flask.Flask(__name__)
bus = Bus()


@application.route('/order/<int:number>')
def order(number):
    made = Order(number)

    def changed():
        return made.lines
    bus.register(changed)
    if not LEAK:
        bus.unregister(changed)
    return flask.jsonify(pid=os.getpid())


middleware = heapsnap.flask.init(application, os.environ['HEAPSNAP_TEST_FOLDER'],
                                 {'label': 'orders', 'signal': SIGNAL}, sample=0.2,
                                 debug_token=os.environ['HEAPSNAP_TEST_TOKEN'])
