# SPDX-License-Identifier: MIT
"""The middleware: what it measures, what it leaves alone, who may use the debug route."""
import json
import os
import sys

import heapsnap
from heapsnap import wsgi
from heapsnap.service import debug, meter
from servicelib import MEGABYTE, Folder, Skip, dumps, header, until

TOKEN = 'correct horse battery'
KEPT = []


def application(environ, start_response):
    if environ['PATH_INFO'].startswith('/leak'):
        KEPT.append(bytearray(b'x') * (20 * MEGABYTE))
    if environ['PATH_INFO'] == '/raise':
        raise RuntimeError('of the application')
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'hello']


def call(app, path='/', method='GET', **environ):
    """(status, body) as a server would get it."""
    found = []
    environ = dict({'REQUEST_METHOD': method, 'PATH_INFO': path, 'REMOTE_ADDR': '127.0.0.1'}, **environ)
    body = app(environ, lambda status, headers: found.append(status))
    try:
        return found[0], b''.join(body)
    finally:
        if hasattr(body, 'close'):
            body.close()


def secret(token=TOKEN, **more):
    return dict({'HTTP_AUTHORIZATION': 'Bearer ' + token}, **more)


def test_all_or_none_or_some_requests_are_measured():
    for sample, least, most in ((1, 400, 400), (0, 0, 0), (0.25, 40, 200)):
        app = wsgi.Middleware(application, sample=sample)
        for _ in range(400):
            assert call(app) == ('200 OK', b'hello')
        measured = sum(row['requests'] for row in app.meter.rows())
        assert least <= measured <= most, (sample, measured)


def test_growth_by_route():
    app = wsgi.Middleware(application, sample=1)
    for n in range(3):
        call(app, '/leak/%d' % n)
        call(app, '/quiet')
    del KEPT[:]
    rows = app.meter.rows()
    assert rows[0]['route'] == 'GET /leak/*' and rows[0]['requests'] == 3
    assert rows[0]['grew'] >= 2 and rows[0]['largest_bytes'] > 10 * MEGABYTE
    assert rows[1]['route'] == 'GET /quiet' and rows[1]['grown_bytes'] < 10 * MEGABYTE
    names = dict(meter.facts())
    assert names['route.GET /leak/*.requests'] == 3
    assert names['route.GET /leak/*.grown_bytes'] == rows[0]['grown_bytes']


def test_the_number_of_routes_is_bounded():
    counted = meter.Meter(max_routes=3)
    for n in range(10):
        counted.finish('route %d' % n, 0)
    assert len(counted.rows()) == 4 and meter.OTHER in [row['route'] for row in counted.rows()]


def test_a_lock_that_a_fork_left_taken():
    counted = meter.Meter()
    counted.lock.acquire()
    counted.finish('lost', 0)
    counted.finish('counted', 0)
    assert [row['route'] for row in counted.rows()] == ['counted']


def test_the_application_names_its_routes():
    app = wsgi.Middleware(application, sample=1, route=lambda environ: environ['my.route'])
    call(app, '/a', **{'my.route': '/named'})
    call(app, '/b', **{'heapsnap.route': '/given'})
    call(app, '/c')                                      # the function raises: the path is taken
    assert sorted(row['route'] for row in app.meter.rows()) == ['GET /c', 'GET /given', 'GET /named']


def test_an_error_of_the_application_is_its_own():
    app = wsgi.Middleware(application, sample=1)
    try:
        call(app, '/raise')
    except RuntimeError as error:
        assert str(error) == 'of the application'
    assert app.meter.rows()[0]['requests'] == 1


def test_bodies_stay_what_they_are():
    class Body(object):
        closed = 0

        def __iter__(self):
            return iter([b'a', b'b'])

        def close(self):
            self.closed += 1
    body = Body()
    app = wsgi.Middleware(lambda environ, start: body, sample=1)
    got = app({'PATH_INFO': '/'}, None)
    assert not hasattr(got, '__len__') and list(got) == [b'a', b'b']
    got.close()
    got.close()
    assert body.closed == 2 and app.meter.rows()[0]['requests'] == 1
    sized = wsgi.Middleware(lambda environ, start: [b'a'], sample=1)({'PATH_INFO': '/'}, None)
    assert len(sized) == 1


def test_a_request_over_the_limit_dumps():
    with Folder() as folder:
        heapsnap.install(folder)
        try:
            app = wsgi.Middleware(application, sample=1, dump_over='10MB')
            call(app, '/quiet')
            call(app, '/leak')
            call(app, '/leak')                           # within the cool-down
            assert until(lambda: dumps(folder))
            assert heapsnap.capture(wait=30)
            first, last = dumps(folder)
            tags = header(first)['tags']
            assert tags['route'] == 'GET /leak' and int(tags['grown_mb']) >= 10
            assert '-request-grown_mb=' in first and 'route=GET_leak' in first
            assert header(last)['facts']['route.GET /leak.requests'] == 2
        finally:
            heapsnap.uninstall()
            del KEPT[:]


def test_without_install_a_limit_does_no_harm():
    app = wsgi.Middleware(application, sample=1, dump_over=1)
    assert call(app, '/leak') == ('200 OK', b'hello')
    del KEPT[:]


def test_the_debug_route_is_off_without_a_token():
    app = wsgi.Middleware(application, sample=0)
    assert call(app, '/-/heapsnap', **secret())[1] == b'hello'


def test_only_who_may_sees_the_debug_route():
    app = wsgi.Middleware(application, sample=0, debug_token=TOKEN)
    seen = call(app, '/-/heapsnap', **secret())
    assert seen[0] == '200 OK' and json.loads(seen[1].decode())['pid'] == os.getpid()
    for environ in (secret('wrong horse battery'), secret(''), {}, {'HTTP_AUTHORIZATION': TOKEN},
                    {'HTTP_AUTHORIZATION': 'Basic ' + TOKEN}, secret('\xe9' * 20),
                    secret(REMOTE_ADDR='10.0.0.7'), secret(REMOTE_ADDR=''),
                    secret(REMOTE_ADDR='127.0.0.1.example.org'), secret(HTTP_X_FORWARDED_FOR='1.2.3.4'),
                    secret(HTTP_FORWARDED='for=1.2.3.4'), secret(HTTP_X_REAL_IP='1.2.3.4')):
        assert call(app, '/-/heapsnap', **environ)[1] == b'hello', environ
    assert call(app, '/-/heapsnapper', **secret())[1] == b'hello'
    assert call(app, '/-/heapsnap', **secret(REMOTE_ADDR='::1'))[0] == '200 OK'
    remote = wsgi.Middleware(application, sample=0, debug_token=TOKEN, debug_remote=True)
    assert call(remote, '/-/heapsnap', **secret(REMOTE_ADDR='10.0.0.7'))[0] == '200 OK'


def test_tokens_are_compared_in_constant_time():
    compared = []
    real = debug.hmac.compare_digest
    debug.hmac.compare_digest = lambda a, b: compared.append((a, b)) or real(a, b)
    try:
        app = wsgi.Middleware(application, sample=0, debug_token=TOKEN)
        call(app, '/-/heapsnap', **secret('x'))
    finally:
        debug.hmac.compare_digest = real
    assert compared == [(b'x', TOKEN.encode())]


def test_a_short_token_is_refused():
    try:
        wsgi.Middleware(application, debug_token='secret')
    except ValueError as error:
        assert '16' in str(error)
    else:
        raise AssertionError('taken')


def test_the_debug_route_dumps():
    with Folder() as folder:
        app = wsgi.Middleware(application, sample=0, debug_token=TOKEN)
        assert call(app, '/-/heapsnap/dump', 'POST', **secret())[0] == '503 Service Unavailable'
        heapsnap.install(folder)
        try:
            assert call(app, '/-/heapsnap/dump', **secret())[0] == '405 Method Not Allowed'
            status, body = call(app, '/-/heapsnap/dump', 'POST', QUERY_STRING='label=../now', **secret())
            assert status == '200 OK' and json.loads(body.decode())['path'] == dumps(folder, '-now')[0]
        finally:
            heapsnap.uninstall()


def _asgi(app, scope):
    """What an ASGI application sends, without a loop of its own where it needs none."""
    import asyncio
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {'type': 'http.request', 'body': b'', 'more_body': False}
    loop = asyncio.new_event_loop()
    try:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(app(scope, receive, send))
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    return sent


async def asgi_application(scope, receive, send):
    if scope['type'] == 'http':
        if scope['path'] == '/leak':
            KEPT.append(bytearray(b'x') * (20 * MEGABYTE))
        await send({'type': 'http.response.start', 'status': 200, 'headers': []})
        await send({'type': 'http.response.body', 'body': b'hello'})
    else:
        await send({'type': 'lifespan.startup.complete'})


def _scope(path, headers=(), client='127.0.0.1', method='GET'):
    return {'type': 'http', 'path': path, 'method': method, 'headers': list(headers),
            'client': (client, 5000), 'query_string': b''}


def test_asgi():
    from heapsnap import asgi
    app = asgi.Middleware(asgi_application, sample=1, debug_token=TOKEN)
    assert _asgi(app, {'type': 'lifespan'})[0]['type'] == 'lifespan.startup.complete'
    assert _asgi(app, _scope('/leak'))[1]['body'] == b'hello'
    del KEPT[:]
    row = app.meter.rows()[0]
    assert row['route'] == 'GET /leak' and row['largest_bytes'] > 10 * MEGABYTE
    right = (b'authorization', b'Bearer ' + TOKEN.encode())
    told = _asgi(app, _scope('/-/heapsnap', [right]))
    assert told[0]['status'] == 200 and json.loads(told[1]['body'].decode())['routes'][0] == row
    for scope in (_scope('/-/heapsnap'), _scope('/-/heapsnap', [right], client='10.0.0.7'),
                  _scope('/-/heapsnap', [right, (b'x-forwarded-for', b'1.2.3.4')])):
        assert _asgi(app, scope)[1]['body'] == b'hello'


def test_asgi_routes_and_dumps():
    from heapsnap import asgi

    class Route(object):
        path = '/items/{id}'
    app = asgi.Middleware(asgi_application, sample=1, debug_token=TOKEN)
    _asgi(app, dict(_scope('/items/7'), route=Route()))
    assert app.meter.rows()[0]['route'] == 'GET /items/{id}'
    with Folder() as folder:
        heapsnap.install(folder)
        try:
            sent = _asgi(app, _scope('/-/heapsnap/dump', [(b'authorization', b'bearer ' + TOKEN.encode())],
                                     method='POST'))
            assert json.loads(sent[1]['body'].decode())['path'] in dumps(folder)
        finally:
            heapsnap.uninstall()


def test_idle_requests_are_cheap():
    """A generous bound, for loaded machines: tests/bench/bench_services.py has the numbers."""
    import time
    if sys.flags.debug or hasattr(sys, 'gettotalrefcount'):
        raise Skip('a debug build')

    def bare(environ, start_response):
        return ()
    app = wsgi.Middleware(bare, sample=0)
    best = []
    for call_one in (bare, app):
        times = []
        for _ in range(20):
            start = time.perf_counter()
            for _ in range(1000):
                call_one({}, None)
            times.append(time.perf_counter() - start)
        best.append(min(times))
    assert best[1] - best[0] < 0.004, best               # 4 us a request
