# SPDX-License-Identifier: MIT
"""Resident memory before and after some of the requests or tasks: which routes grow, and when to dump.

What another request allocates at the same time is counted as well: a single number says little, the sum
over many requests of a route a lot. Nothing here raises into the service.
"""
import logging
import random
import re
import threading
import time

from .. import _facts
from . import units
from .rss import rss_bytes

log = logging.getLogger('heapsnap')

OTHER = '(other)'
_LOCK_S = 1
_FACTS = 20                               # routes that the facts of a dump name
_VARIABLE = re.compile(r'/(?:\d[^/]*|[0-9a-fA-F-]{16,}|[^/]{40,})(?=/|\Z)')
_meters = []


def route_of_path(method, path):
    """'GET /items/*': numbers, hexadecimal and long parts are taken for variables."""
    return ('%s %s' % (method, _VARIABLE.sub('/*', path)))[:120]


class Meter(object):
    """Growth by route. kind names the rows in the facts: route, task."""

    def __init__(self, kind='route', sample=0.01, dump_over=None, cool_down=600, max_routes=200):
        self.kind = kind
        self.sample = float(sample)
        if not 0 <= self.sample <= 1:
            raise ValueError('sample must be between 0 and 1')
        self.dump_over = None if dump_over is None else units.size_bytes(dump_over, 'dump_over')
        self.cool_down = units.seconds(cool_down, 'cool_down')
        self.max_routes = max_routes
        self.lock = threading.Lock()
        self.routes = {}                  # name -> [requests, grew, grown_bytes, largest_bytes]
        self.last_dump = None
        # Of a program that installs anew, only the newest meter of a kind is told of.
        _meters[:] = [meter for meter in _meters if meter.kind != kind] + [self]
        if facts not in _facts.more:
            _facts.more.append(facts)

    def gap(self):
        """How many requests from now the next one is measured: random, so that no rhythm hides."""
        if self.sample <= 0:
            return 1 << 62
        if self.sample >= 1:
            return 1
        return 1 + int(random.expovariate(self.sample))

    def finish(self, route, before, label='request'):
        """A request that began at `before` resident bytes has ended."""
        try:
            from . import capture, follow_fork
            grown = rss_bytes() - before
            follow_fork()
            lock = self.lock
            if not lock.acquire(True, _LOCK_S):
                self.lock = threading.Lock()        # held by a thread that this fork does not have
                return
            try:
                self.count(route, grown)
                now = time.monotonic()
                if self.dump_over is None or grown <= self.dump_over or (
                        self.last_dump is not None and now - self.last_dump < self.cool_down):
                    return
                self.last_dump = now
            finally:
                lock.release()
            capture(label, {self.kind: route, 'grown_mb': '%d' % (grown // 10 ** 6)})
        except Exception as error:
            log.error('a request was not measured: %s', error)

    def count(self, route, grown):
        row = self.routes.get(route)
        if row is None:
            if len(self.routes) >= self.max_routes:
                route = OTHER
            row = self.routes.setdefault(route, [0, 0, 0, 0])
        row[0] += 1
        row[1] += grown > 0
        row[2] += grown
        row[3] = max(row[3], grown)

    def rows(self):
        """[{route, requests, grew, grown_bytes, largest_bytes}], what grew most first."""
        found = sorted(list(self.routes.items()), key=lambda item: (-item[1][2], item[0]))
        return [{self.kind: name, 'requests': row[0], 'grew': row[1], 'grown_bytes': row[2],
                 'largest_bytes': row[3]} for name, row in found]


def facts():
    """[(name, number)] of the routes that grew most, for the first line of a dump."""
    found = []
    for meter in list(_meters):
        routes = sorted(list(meter.routes.items()), key=lambda item: (-item[1][2], item[0]))
        for name, row in routes[:_FACTS]:
            found += [('%s.%s.requests' % (meter.kind, name), row[0]),
                      ('%s.%s.grown_bytes' % (meter.kind, name), row[2])]
    return found
