# SPDX-License-Identifier: MIT
"""A Celery worker with a prefork pool and a real broker: every process is dumped, recycled ones too."""
import os
import shutil
import signal
import subprocess
import sys

from servelib import (APPS, PACKAGE, Folder, Server, check_clean, check_leak, dumps, free_port, header, main,
                      need, until, why)

REDIS = 'redis-check-rdb'
PATH = ['Outbox', '_sent', 'dict']
# Sends tasks of a range of numbers and waits for them: in a process of its own, since Celery keeps much state.
CLIENT = """import sys
import shop_celery
results = [shop_celery.send_mail.delay(n) for n in range(*map(int, sys.argv[1:]))]
print(' '.join(str(result.get(timeout=60)) for result in results))
"""


def redis(folder):
    """A broker of our own; the machine's is left alone.

    Debian's redis-tools has the program under another name, and starts no service.
    """
    port = free_port()
    return Server(['redis-server', '--port', '%d' % port, '--bind', '127.0.0.1', '--save', '',
                   '--appendonly', 'no', '--dir', folder], folder, port, executable=shutil.which(REDIS))


def worker(folder, broker, leak, *options):
    return Server([sys.executable, '-m', 'celery', '-A', 'shop_celery', 'worker', '--pool', 'prefork',
                   '--loglevel', 'warning', '--without-gossip', '--without-mingle',
                   '--without-heartbeat', *options], folder, LEAK=leak, HEAPSNAP_TEST_BROKER=broker)


def send(broker, first, end):
    """{pid of the pool process: how many tasks it did}."""
    with Folder() as elsewhere:
        env = dict(os.environ, HEAPSNAP_TEST_BROKER=broker, HEAPSNAP_TEST_FOLDER=elsewhere,
                   PYTHONPATH=os.pathsep.join((PACKAGE, APPS)))
        done = subprocess.run([sys.executable, '-c', CLIENT, '%d' % first, '%d' % end], env=env, cwd=elsewhere,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=90)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    pids = done.stdout.decode().split()
    return {int(pid): pids.count(pid) for pid in pids}


def test_celery_that_leaks():
    need(['celery', 'redis'], [REDIS])
    with Folder() as folder, redis(folder) as server:
        broker = 'redis://127.0.0.1:%d/0' % server.port
        with worker(folder, broker, '1', '--concurrency', '2') as pool:
            first = send(broker, 0, 40)
            for pid in first:
                os.kill(pid, signal.SIGURG)
            assert until(lambda: len(dumps(folder, '-signal')) == len(first), 30), pool.said()
            done = send(broker, 40, 240)
            pid = max(set(first) & set(done), key=lambda one: done[one])
            os.kill(pid, signal.SIGURG)
            assert until(lambda: len(dumps(folder, '-%d-signal' % pid)) == 2, 30), pool.said()
            before, after = dumps(folder, '-%d-signal' % pid)
            check_leak(why(before, after), 'growth', 'shop_celery.Mail', PATH, done[pid] * 0.9)
            assert header(after)['facts']['task.shop_celery.send_mail.requests'] > 3
            assert header(after)['tags'] == {'service': 'mailer', 'reason': 'signal'}


def test_celery_processes_that_are_recycled():
    """With max_tasks_per_child no process lives long enough for a signal: each dumps at its end."""
    need(['celery', 'redis'], [REDIS])
    with Folder() as folder, redis(folder) as server:
        broker = 'redis://127.0.0.1:%d/0' % server.port
        with worker(folder, broker, '0', '--concurrency', '2', '--max-tasks-per-child', '10') as pool:
            pids = send(broker, 0, 45)
            ended = [pid for pid, count in pids.items() if count >= 10]
            assert len(ended) >= 2, (pids, pool.said())
            for pid in ended:
                assert until(lambda: dumps(folder, '-%d-end-' % pid), 30), (
                    pid, os.listdir(folder), pool.said())
            paths = [dumps(folder, '-%d-end-' % pid)[0] for pid in sorted(ended)]
            assert all('task=shop_celery.send_mail' in path for path in paths), paths
            first = header(paths[0])
            assert first['tags']['reason'] == 'end' and first['tags']['task'] == 'shop_celery.send_mail'
            check_clean(why(*paths[:2]), 'shop_celery.Mail', 2)


if __name__ == '__main__':
    main()
