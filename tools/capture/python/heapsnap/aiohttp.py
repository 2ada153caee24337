# SPDX-License-Identifier: MIT
"""aiohttp servers: heapsnap.aiohttp.setup(app, '/var/tmp/heap', sample=0.01)."""
import asyncio

from aiohttp import web

from . import install, uninstall
from .service.debug import FORWARDED, Debug
from .service.meter import Meter, route_of_path
from .service.rss import rss_bytes


def setup(app, directory=None, install_options=None, **options):
    """Put middleware(**options) first; with a directory, install() while the application runs.

    install_options: a dict for install(). Returns the Meter.
    """
    measure = middleware(**options)
    app.middlewares.insert(0, measure)
    if directory is not None:
        async def begin(app):
            install(directory, **(install_options or {}))

        async def end(app):
            uninstall()
        app.on_startup.append(begin)
        app.on_cleanup.append(end)
    return measure.meter


def middleware(sample=0.01, dump_over=None, cool_down=600, debug_token=None,
               debug_path='/-/heapsnap', debug_remote=False):
    """An aiohttp middleware; arguments as of wsgi.Middleware."""
    meter = Meter('route', sample, dump_over, cool_down)
    debug = Debug(meter, debug_token, debug_path, debug_remote)
    debugging = debug_token is not None
    left = [meter.gap()]

    @web.middleware
    async def measure(request, handler):
        left[0] -= 1
        if debugging and debug.allowed(
                request.path, request.headers.get('Authorization'), request.remote,
                any(name in request.headers for name in FORWARDED)):
            status, body = await asyncio.get_event_loop().run_in_executor(
                None, debug.answer, request.method, request.path, request.query_string)
            return web.Response(body=body, status=status, content_type='application/json',
                                headers={'Cache-Control': 'no-store'})
        if left[0] > 0:
            return await handler(request)
        left[0] = meter.gap()
        before = rss_bytes()
        try:
            return await handler(request)
        finally:
            meter.finish(_route(request), before)
    measure.meter = meter
    return measure


def _route(request):
    resource = getattr(getattr(request.match_info, 'route', None), 'resource', None)
    if resource is not None:
        return '%s %s' % (request.method, resource.canonical)
    return route_of_path(request.method, request.path)
