# SPDX-License-Identifier: MIT
"""The debug route of the middleware: off without a token, for this machine only unless told.

GET PATH tells memory, collector pauses and growth by route; POST PATH/dump writes a dump. Whoever has not
the token, or comes through a proxy, gets the application's own answer, as if there were no such route.
"""
import hmac
import json
import logging
import os
import re
from urllib.parse import parse_qs

from . import pauses
from .rss import rss_bytes

log = logging.getLogger('heapsnap')

_LEAST_TOKEN = 16
_DUMP_WAIT_S = 120
_LOOPBACK = re.compile(r'(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)\Z')
FORWARDED = ('forwarded', 'x-forwarded-for', 'x-real-ip')


class Debug(object):
    """Checks and answers; knows nothing of WSGI or ASGI."""

    def __init__(self, meter, token, path='/-/heapsnap', remote=False):
        if token is not None and (not isinstance(token, str) or len(token) < _LEAST_TOKEN):
            raise ValueError('debug_token must be a str of at least %d characters' % _LEAST_TOKEN)
        if not path.startswith('/') or path.endswith('/'):
            raise ValueError('debug_path must begin with / and not end with it')
        self.meter = meter
        self.token = None if token is None else token.encode('utf-8')
        self.path = path
        self.remote = bool(remote)

    def allowed(self, path, authorization, peer, forwarded):
        """path: of the request; authorization: the header, str; forwarded: came through a proxy."""
        if self.token is None or path not in (self.path, self.path + '/dump'):
            return False
        if not self.remote and (forwarded or not _LOOPBACK.match(peer or '')):
            return False
        scheme, _, given = (authorization or '').partition(' ')
        right = hmac.compare_digest(given.strip().encode('utf-8', 'surrogatepass'), self.token)
        return scheme.lower() == 'bearer' and right

    def answer(self, method, path, query):
        """(status code, JSON bytes). May take as long as a dump does."""
        try:
            if path == self.path:
                if method not in ('GET', 'HEAD'):
                    return 405, b'{"error":"GET, or POST %s/dump"}\n' % self.path.encode('utf-8')
                return 200, self.tell()
            if method != 'POST':
                return 405, b'{"error":"POST"}\n'
            from . import capture
            label = parse_qs(query).get('label', ['debug'])[0][:60]
            path = capture(label, wait=_DUMP_WAIT_S)
            if path is None:
                return 503, b'{"error":"no dump; the log says why"}\n'
            return 200, (json.dumps({'path': path}) + '\n').encode('ascii')
        except Exception as error:
            log.error('debug route: %s', error)
            return 500, b'{"error":"the log says why"}\n'

    def tell(self):
        return (json.dumps({'pid': os.getpid(), 'rss_bytes': rss_bytes(), 'routes': self.meter.rows(),
                            'facts': dict(pauses.facts())}, sort_keys=True) + '\n').encode('ascii')


REASONS = {200: 'OK', 405: 'Method Not Allowed', 500: 'Internal Server Error',
           503: 'Service Unavailable'}
