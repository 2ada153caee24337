# SPDX-License-Identifier: MIT
"""ASGI middleware: resident memory before and after a sample of the requests, and a debug route.

    application = heapsnap.asgi.Middleware(application, sample=0.01, dump_over='50MB')

See docs/capture-services.md. Requests run side by side: what others allocate meanwhile is counted too.
"""
import asyncio

from .service.debug import FORWARDED, Debug
from .service.meter import Meter, route_of_path
from .service.rss import rss_bytes

_FORWARDED = tuple(name.encode('ascii') for name in FORWARDED)


class Middleware(object):
    """As wsgi.Middleware; route is a function of the scope."""

    def __init__(self, app, sample=0.01, dump_over=None, cool_down=600, route=None, debug_token=None,
                 debug_path='/-/heapsnap', debug_remote=False):
        self.app = app
        self.meter = Meter('route', sample, dump_over, cool_down)
        self.debug = Debug(self.meter, debug_token, debug_path, debug_remote)
        self.debugging = debug_token is not None
        self.route = route
        self.left = self.meter.gap()

    async def __call__(self, scope, receive, send):
        self.left -= 1
        if self.left > 0 and not self.debugging or scope['type'] != 'http':
            await self.app(scope, receive, send)
        elif self.debugging and self.wanted(scope):
            await self.answer(scope, send)
        elif self.left > 0:
            await self.app(scope, receive, send)
        else:
            self.left = self.meter.gap()
            before = rss_bytes()
            try:
                await self.app(scope, receive, send)
            finally:
                self.meter.finish(self.name(scope), before)

    def wanted(self, scope):
        path = scope['path']
        if not path.startswith(self.debug.path):
            return False
        headers = dict(scope['headers'])
        return self.debug.allowed(path, headers.get(b'authorization', b'').decode('latin-1'),
                                  (scope.get('client') or ('',))[0],
                                  any(name in headers for name in _FORWARDED))

    def name(self, scope):
        try:
            route = scope.get('heapsnap.route') or (self.route and self.route(scope)) or getattr(
                scope.get('route'), 'path', None)
            if route:
                return '%s %s' % (scope['method'], route)
        except Exception:
            pass                          # a route of the service's that is not as thought
        return route_of_path(scope['method'], scope['path'])

    async def answer(self, scope, send):
        # The dump is another thread's work; waiting for it must not stop the loop.
        status, body = await asyncio.get_event_loop().run_in_executor(
            None, self.debug.answer, scope['method'], scope['path'],
            scope.get('query_string', b'').decode('latin-1'))
        await send({'type': 'http.response.start', 'status': status,
                    'headers': [(b'content-type', b'application/json'),
                                (b'cache-control', b'no-store'),
                                (b'content-length', b'%d' % len(body))]})
        await send({'type': 'http.response.body', 'body': body})
