# SPDX-License-Identifier: MIT
"""What capture in services costs while it is idle: python bench_services.py [CALLS]

Prints one JSON line for each: nanoseconds a call, the best of twenty runs, less the same call without.
PYTHONPATH is where the package is.
"""
import asyncio
import gc
import json
import sys
import time

from heapsnap import asgi, wsgi
from heapsnap.service import pauses, rss

RUNS = 20
TOKEN = 'x' * 20


def best_ns(call, count):
    """Of one call, loop included."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        for _ in range(count):
            call()
        times.append(time.perf_counter() - start)
    return min(times) / count * 1e9


def best_async_ns(app, count):
    async def many():
        for _ in range(count):
            await app(scope, None, None)
    scope = {'type': 'http', 'path': '/', 'method': 'GET', 'headers': []}
    loop = asyncio.new_event_loop()
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        loop.run_until_complete(many())
        times.append(time.perf_counter() - start)
    loop.close()
    return min(times) / count * 1e9


def bare(environ, start_response):
    return ()


async def asgi_bare(scope, receive, send):
    return None


def collections(count):
    for _ in range(count):
        gc.collect(0)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20000
    environ = {'PATH_INFO': '/', 'REQUEST_METHOD': 'GET', 'REMOTE_ADDR': '127.0.0.1'}
    start_response = None
    without = best_ns(lambda: bare(environ, start_response), count)
    rows = []
    for name, options in (('wsgi request, not sampled', {'sample': 0}),
                          ('wsgi request, not sampled, debug route on',
                           {'sample': 0, 'debug_token': TOKEN}),
                          ('wsgi request, measured', {'sample': 1})):
        app = wsgi.Middleware(bare, **options)

        def one():
            body = app(environ, start_response)
            if body:
                body.close()

        def one_measured():
            app(environ, start_response).close()
        rows.append((name, best_ns(one_measured if options['sample'] else one, count) - without))
    without = best_async_ns(asgi_bare, count)
    for name, options in (('asgi request, not sampled', {'sample': 0}),
                          ('asgi request, measured', {'sample': 1})):
        rows.append((name, best_async_ns(asgi.Middleware(asgi_bare, **options), count) - without))
    rows.append(('rss_bytes()', best_ns(rss.rss_bytes, count)))
    gc.collect()
    without = best_ns(lambda: gc.collect(0), count)
    pauses.start()
    rows.append(('a collection, pauses recorded', best_ns(lambda: gc.collect(0), count) - without))
    pauses.stop()
    for name, cost_ns in rows:
        print(json.dumps({'name': name, 'python': '%d.%d.%d' % sys.version_info[:3],
                          'cost_ns': round(cost_ns)}))


if __name__ == '__main__':
    main()
