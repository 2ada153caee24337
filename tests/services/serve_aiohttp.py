# SPDX-License-Identifier: MIT
"""An aiohttp server whose handler loses references in C: asked for dumps over its debug route."""
import json
import os
import sys

from servelib import (APPS, REQUESTS, TOKEN, Folder, Server, check_clean, dumps, free_port, header, main,
                      need, short, why)

TYPE = 'multidict._multidict.CIMultiDict'


def captured(folder, leak):
    port = free_port()
    headers = {'Authorization': 'Bearer ' + TOKEN}
    form = {'headers': {'Content-Type': 'application/x-www-form-urlencoded'}, 'method': 'POST',
            'body': 'name=value&count=2'}
    with Server([sys.executable, os.path.join(APPS, 'shop_aiohttp.py'), '%d' % port], folder, port,
                LEAK=leak) as server:
        paths = []
        for label, count in (('before', REQUESTS // 4), ('after', REQUESTS)):
            server.load('/upload/%d', count, **form)
            status, body = server.ask('/-/heapsnap/dump?label=' + label, 'POST', headers)
            assert status == 200, (status, body, server.said())
            paths.append(json.loads(body.decode())['path'])
        assert server.ask('/-/heapsnap/dump?label=x', 'POST')[0] == 404
        status, body = server.ask('/-/heapsnap', headers=headers)
        routes = [row['route'] for row in json.loads(body.decode())['routes']]
        assert 'POST /upload/{number}' in routes, routes
    assert dumps(folder) == sorted(paths)
    assert header(paths[1])['tags'] == {'service': 'uploads', 'reason': 'after'}
    return why(*paths)


def test_aiohttp_with_a_leak_in_c():
    need(['aiohttp', 'multidict'])
    with Folder() as folder:
        rows = captured(folder, '1')
        assert rows[0]['type'] == TYPE and rows[0]['kind'] == 'extref', short(rows)
        assert rows[0]['count_delta'] >= REQUESTS, short(rows)


def test_aiohttp_once_it_is_fixed():
    need(['aiohttp', 'multidict'])
    with Folder() as folder:
        check_clean(captured(folder, '0'), TYPE, 5)


if __name__ == '__main__':
    main()
