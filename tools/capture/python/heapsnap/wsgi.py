# SPDX-License-Identifier: MIT
"""WSGI middleware: resident memory before and after a sample of the requests, and a debug route.

    application = heapsnap.wsgi.Middleware(application, sample=0.01, dump_over='50MB')

See docs/capture-services.md. A request that is not sampled costs a subtraction and a comparison.
"""
from .service.debug import FORWARDED, REASONS, Debug
from .service.meter import Meter, route_of_path
from .service.rss import rss_bytes

_FORWARDED = tuple('HTTP_' + name.upper().replace('-', '_') for name in FORWARDED)


class Middleware(object):
    """app: what is wrapped. sample: which part of the requests is measured.

    dump_over: dump when a measured request added more than '50MB', not again within cool_down.
    route: a function of environ that names the route, called after the request, or None.
    debug_token: turns the debug route on; debug_path, debug_remote: where, and for other machines too.
    """

    def __init__(self, app, sample=0.01, dump_over=None, cool_down=600, route=None, debug_token=None,
                 debug_path='/-/heapsnap', debug_remote=False):
        self.app = app
        self.meter = Meter('route', sample, dump_over, cool_down)
        self.debug = Debug(self.meter, debug_token, debug_path, debug_remote)
        self.debugging = debug_token is not None
        self.route = route
        self.left = self.meter.gap()

    def __call__(self, environ, start_response):
        self.left -= 1
        if self.left > 0 and not self.debugging:
            return self.app(environ, start_response)
        return self.looked_at(environ, start_response)

    def looked_at(self, environ, start_response):
        path = environ.get('PATH_INFO', '')
        if self.debugging and path.startswith(self.debug.path) and self.debug.allowed(
                path, environ.get('HTTP_AUTHORIZATION'), environ.get('REMOTE_ADDR'),
                any(name in environ for name in _FORWARDED)):
            return self.answer(environ, start_response, path)
        if self.left > 0:
            return self.app(environ, start_response)
        self.left = self.meter.gap()
        return self.measured(environ, start_response)

    def measured(self, environ, start_response):
        before = rss_bytes()
        try:
            body = self.app(environ, start_response)
        except BaseException:
            self.finish(environ, before)
            raise
        return (_SizedBody if hasattr(body, '__len__') else _Body)(body, self, environ, before)

    def finish(self, environ, before):
        self.meter.finish(self.name(environ), before)

    def name(self, environ):
        try:
            name = environ.get('heapsnap.route') or (self.route and self.route(environ))
            if name:
                return '%s %s' % (environ.get('REQUEST_METHOD', ''), name)
        except Exception:
            pass                          # a route of the service's that is not as thought
        return route_of_path(environ.get('REQUEST_METHOD', ''), environ.get('PATH_INFO', ''))

    def answer(self, environ, start_response, path):
        status, body = self.debug.answer(environ.get('REQUEST_METHOD', ''), path,
                                         environ.get('QUERY_STRING', ''))
        start_response('%d %s' % (status, REASONS[status]),
                       [('Content-Type', 'application/json'), ('Cache-Control', 'no-store'),
                        ('Content-Length', '%d' % len(body))])
        return [body]


class _Body(object):
    """The application's body; when it is closed, the request has ended."""

    def __init__(self, body, middleware, environ, before):
        self.body = body
        self.ended = (middleware, environ, before)

    def __iter__(self):
        return iter(self.body)

    def close(self):
        try:
            if hasattr(self.body, 'close'):
                self.body.close()
        finally:
            ended, self.ended = self.ended, None
            if ended is not None:
                middleware, environ, before = ended
                middleware.finish(environ, before)


class _SizedBody(_Body):
    """Servers take the length of a body of one part for that of the response."""

    def __len__(self):
        return len(self.body)
