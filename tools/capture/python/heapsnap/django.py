# SPDX-License-Identifier: MIT
"""Django: 'heapsnap.django.Middleware' first in MIDDLEWARE, and HEAPSNAP = {...} in the settings.

HEAPSNAP['directory'] calls install() with the dict HEAPSNAP['install']; all other keys are arguments
of wsgi.Middleware. Sync and async; routes are called by their patterns.
"""
import asyncio

from django.conf import settings

from . import install
from .service.debug import FORWARDED, Debug
from .service.meter import Meter, route_of_path
from .service.rss import rss_bytes

try:
    from asgiref.sync import markcoroutinefunction as _mark
except ImportError:                       # before Django 4.2

    def _mark(middleware):
        middleware._is_coroutine = getattr(asyncio.coroutines, '_is_coroutine', True)

_FORWARDED = tuple('HTTP_' + name.upper().replace('-', '_') for name in FORWARDED)


class Middleware(object):
    """A sample of the requests is measured; the rest costs a subtraction and a comparison."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response):
        self.get_response = get_response
        options = dict(getattr(settings, 'HEAPSNAP', {}))
        directory, installed = options.pop('directory', None), options.pop('install', {})
        token = options.pop('debug_token', None)
        path = options.pop('debug_path', '/-/heapsnap')
        remote = options.pop('debug_remote', False)
        self.meter = Meter('route', **options)
        self.debug = Debug(self.meter, token, path, remote)
        self.debugging = token is not None
        self.left = self.meter.gap()
        self.waiting = asyncio.iscoroutinefunction(get_response)
        if self.waiting:
            _mark(self)
        if directory is not None:
            install(directory, **installed)

    def __call__(self, request):
        if self.waiting:
            return self.later(request)
        self.left -= 1
        if self.left > 0 and not self.debugging:
            return self.get_response(request)
        if self.debugging and self.wanted(request):
            return self.answer(request)
        if self.left > 0:
            return self.get_response(request)
        self.left = self.meter.gap()
        before = rss_bytes()
        try:
            return self.get_response(request)
        finally:
            self.meter.finish(_route(request), before)

    async def later(self, request):
        self.left -= 1
        if self.debugging and self.wanted(request):
            return await asyncio.get_event_loop().run_in_executor(None, self.answer, request)
        if self.left > 0:
            return await self.get_response(request)
        self.left = self.meter.gap()
        before = rss_bytes()
        try:
            return await self.get_response(request)
        finally:
            self.meter.finish(_route(request), before)

    def wanted(self, request):
        meta = request.META
        return self.debug.allowed(request.path_info, meta.get('HTTP_AUTHORIZATION'),
                                  meta.get('REMOTE_ADDR'), any(name in meta for name in _FORWARDED))

    def answer(self, request):
        from django.http import HttpResponse
        status, body = self.debug.answer(request.method, request.path_info,
                                         request.META.get('QUERY_STRING', ''))
        response = HttpResponse(body, status=status, content_type='application/json')
        response['Cache-Control'] = 'no-store'
        return response


def _route(request):
    """The URL pattern, which Django notes on the request that it has resolved."""
    route = getattr(getattr(request, 'resolver_match', None), 'route', None)
    if route is not None:
        return '%s /%s' % (request.method, route)
    return route_of_path(request.method, request.path_info)
