# SPDX-License-Identifier: MIT
"""Django under gunicorn with two workers: each is dumped by a signal, and the leak is named."""
import json

from servelib import (REQUESTS, TOKEN, Folder, Server, check_clean, check_leak, free_port, header, main,
                      need, signalled, why)

PATH = ['visits', 'Visits', '_recent', 'dict']


def serve(folder, leak, workers='2'):
    port = free_port()
    return Server(['gunicorn', '--workers', workers, '--bind', '127.0.0.1:%d' % port, '--log-level', 'warning',
                   'shop_django:application'], folder, port, LEAK=leak)


def captured(server, folder, workers=2):
    """{pid: (before, after, requests between)} of each worker."""
    pids = {}
    while len(pids) < workers or sum(pids.values()) < REQUESTS // 4:
        for pid, count in server.load('/item/%d', 20).items():
            pids[pid] = pids.get(pid, 0) + count
    before = signalled(server, folder, pids)
    answered = server.load('/item/%d', REQUESTS)
    after = signalled(server, folder, pids)
    return {pid: (before[pid], after[pid], answered.get(pid, 0)) for pid in pids}


def test_django_that_leaks():
    need(['django'], ['gunicorn'])
    with Folder() as folder, serve(folder, '1') as server:
        found = captured(server, folder)
        before, after, count = max(found.values(), key=lambda one: one[2])
        check_leak(why(before, after), 'growth', 'shop_django.Visit', PATH, count * 0.9)
        facts = header(after)['facts']
        assert facts['route.GET /item/<int:number>.requests'] > 3, facts
        assert facts['gc.pause.count'] >= 0
        assert header(after)['tags'] == {'service': 'shop', 'reason': 'signal'}
        status, body = server.ask('/-/heapsnap', headers={'Authorization': 'Bearer ' + TOKEN})
        assert status == 200 and json.loads(body.decode())['routes'], body
        assert server.ask('/-/heapsnap')[0] == 404


def test_django_once_it_is_fixed():
    need(['django'], ['gunicorn'])
    with Folder() as folder, serve(folder, '0', '1') as server:
        for before, after, _ in captured(server, folder, 1).values():
            check_clean(why(before, after), 'shop_django.Visit', 20)


if __name__ == '__main__':
    main()
