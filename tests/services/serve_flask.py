# SPDX-License-Identifier: MIT
"""Flask: under uWSGI, which forks its workers after the application is loaded, and gunicorn --preload.

uWSGI has handlers of its own for SIGUSR1 and SIGUSR2, and lets Python see another signal with the next
request only.
"""
import os
import signal

from servelib import (REQUESTS, Folder, Server, check_clean, check_leak, free_port, header, main,
                      need, signalled, until, why)

OWN = signal.SIGRTMIN + 3
PATH = ['bus', 'Bus', '_listeners', 'list']
CONFIG = """import heapsnap


def post_worker_init(worker):
    heapsnap.install(%r, label='orders')
"""


def uwsgi(folder, leak, *options):
    port = free_port()
    return Server(['uwsgi', '--plugin', 'python3', '--http-socket', '127.0.0.1:%d' % port, '--master',
                   '--processes', '1', *options, '--enable-threads', '--die-on-term', '--need-app', '--module',
                   'shop_flask:application', '--disable-logging'], folder, port, LEAK=leak,
                  HEAPSNAP_TEST_SIGNAL='%d' % OWN)


def gunicorn(folder, leak):
    """The master loads the application, and takes all signals back from it: a hook installs anew."""
    port = free_port()
    config = os.path.join(folder, 'gunicorn.conf.py')
    with open(config, 'w') as file:
        file.write(CONFIG % folder)
    return Server(['gunicorn', '--config', config, '--workers', '1', '--preload', '--threads', '3',
                   '--bind', '127.0.0.1:%d' % port, '--log-level', 'warning', 'shop_flask:application'],
                  folder, port, LEAK=leak)


def captured(server, folder, number):
    def poke():
        server.load('/order/%d', 20)
    pids = server.load('/order/%d', REQUESTS // 4)
    before = signalled(server, folder, pids, number, poke)
    answered = server.load('/order/%d', REQUESTS)
    after = signalled(server, folder, pids, number, poke)
    return [(before[pid], after[pid], answered.get(pid, 0)) for pid in pids]


def test_flask_that_leaks_under_uwsgi():
    need(['flask'], ['uwsgi'])
    with Folder() as folder, uwsgi(folder, '1') as server:
        before, after, count = captured(server, folder, OWN)[0]
        check_leak(why(before, after), 'growth', 'shop_flask.Order', PATH, count * 0.9)
        facts = header(after)['facts']
        assert facts['route.GET /order/<int:number>.requests'] > 3, facts


def test_a_uwsgi_worker_that_is_told_of_its_fork():
    need(['flask'], ['uwsgi'])
    with Folder() as folder, uwsgi(folder, '1', '--py-call-osafterfork') as server:
        pids = server.load('/order/%d', 4)
        # Its thread is there before any signal.
        assert until(lambda: len(os.listdir('/proc/%d/task' % next(iter(pids)))) == 2)
        signalled(server, folder, pids, OWN, lambda: server.load('/order/%d', 4))
        assert 'Error' not in server.said(), server.said()


def test_flask_once_it_is_fixed():
    need(['flask'], ['gunicorn'])
    with Folder() as folder, gunicorn(folder, '0') as server:
        for before, after, _ in captured(server, folder, signal.SIGUSR2):
            check_clean(why(before, after), 'shop_flask.Order', 5)


if __name__ == '__main__':
    main()
