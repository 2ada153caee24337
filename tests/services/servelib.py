# SPDX-License-Identifier: MIT
"""What the tests with real servers share: starting them, loading them, judging their dumps."""
import http.client
import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
APPS = os.path.join(HERE, 'apps')
sys.path[:0] = [os.path.join(HERE, '..', 'e2e'), HERE]

import e2elib  # noqa: E402
from servicelib import PACKAGE, Folder, Skip, dumps, header, run_tests, until  # noqa: E402,F401

TOKEN = 'only for this test, on loopback'
REQUESTS = 240


def need(modules=(), programs=()):
    """Skip the test where a package is missing; the text names it."""
    for name in modules:
        if importlib.util.find_spec(name) is None:
            raise Skip('no Python package %s' % name)
    for name in programs:
        if not any(os.access(os.path.join(folder, name), os.X_OK)
                   for folder in os.environ.get('PATH', '').split(os.pathsep)):
            raise Skip('no program %s' % name)


def free_port():
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        return sock.getsockname()[1]


class Server:
    """A process that listens; ended, with its children, when the block ends."""

    def __init__(self, command, folder, port=None, executable=None, **environment):
        self.log = os.path.join(folder, 'server-%d.log' % time.monotonic_ns())
        env = e2elib.python_environment()
        # With the accelerator, if run.py could build it.
        env['PYTHONPATH'] = os.pathsep.join((os.environ.get('HEAPSNAP_TEST_PACKAGE', PACKAGE), APPS))
        env.update(environment, HEAPSNAP_TEST_FOLDER=folder, HEAPSNAP_TEST_TOKEN=TOKEN)
        with open(self.log, 'wb') as log:
            self.process = subprocess.Popen(command, executable=executable, cwd=folder, env=env, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=subprocess.STDOUT,
                                            start_new_session=True)
        self.port = port

    def __enter__(self):
        if self.port and not until(self.listens, 30):
            said = self.said()
            self.__exit__()
            raise AssertionError('the server does not listen:\n' + said)
        return self

    def __exit__(self, *exception):
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                if number == signal.SIGTERM:
                    self.process.terminate()
                else:
                    os.killpg(self.process.pid, number)
                self.process.wait(10)
            except (subprocess.TimeoutExpired, ProcessLookupError):
                pass

    def listens(self):
        if self.process.poll() is not None:
            raise AssertionError('the server ended:\n' + self.said())
        try:
            socket.create_connection(('127.0.0.1', self.port), 1).close()
            return True
        except OSError:
            return False

    def said(self):
        with open(self.log, errors='replace') as log:
            return log.read()[-4000:]

    def ask(self, path, method='GET', headers=None, body=None):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def load(self, path, count, **options):
        """Requests one after the other; {pid of the worker: how many it answered}."""
        answered = {}
        for number in range(count):
            status, body = self.ask(path % number, **options)
            assert status == 200, (status, body[:500], self.said())
            pid = json.loads(body.decode())['pid']
            answered[pid] = answered.get(pid, 0) + 1
        return answered


def signalled(server, folder, pids, number=signal.SIGUSR2, then=None):
    """A signal to each worker; the dump that each wrote. `then` is called once they have it."""
    seen = set(dumps(folder))
    for pid in pids:
        os.kill(pid, number)
    if then is not None:
        then()
    found = {}
    for pid in pids:
        def new():
            return [path for path in dumps(folder, '-%d-signal' % pid) if path not in seen]
        assert until(new, 30), (pid, os.listdir(folder), server.said())
        found[pid] = new()[0]
        assert header(found[pid])['pid'] == pid
    return found


class Why(list):
    """Rows of snapdiff --why, and the stores that they come from."""
    stores = ()


def why(before, after):
    """The rows of snapdiff --why of two dumps, each loaded into a store and verified."""
    stores = []
    for dump in (before, after):
        store = re.sub(r'\.jsonl(\.gz)?$', '.db', dump)
        for command in (['snapload', dump, '-o', store], ['snapinfo', store, '--verify']):
            done = e2elib.run(*command)
            assert done.returncode == 0, (command, done.returncode, done.stderr)
        stores.append(store)
    done = e2elib.run('snapdiff', '--why', *stores, '--json', '-n', '8')
    assert done.returncode == 0, (done.returncode, done.stderr)
    rows = Why(json.loads(done.stdout)['rows'])
    rows.stores = stores
    return rows


def report(rows, type_name):
    """What snapreport's gate says of the types of the application: its status and its findings."""
    policy = os.path.join(os.path.dirname(rows.stores[0]), 'policy.yaml')
    with open(policy, 'w') as file:
        file.write('rules:\n  - {rule: type, type: "%s", max_growth: [20%%, 4KiB]}\n'
                   '  - {rule: longest_pause, max: 30s}\n' % type_name)
    done = e2elib.run('snapreport', policy, *rows.stores, '--json')
    assert done.returncode in (0, 1), (done.returncode, done.stdout, done.stderr)
    document = json.loads(done.stdout)
    # The capture's own watch over the collector is what the report reads.
    assert document['rules'][1]['verdict'] == 'passed', document['rules'][1]
    return done.returncode, document['rows']


def says(row, kind, type_name, path_words):
    """Whether a row says what an expert would: type, kind, and the words of the path in order."""
    said = re.findall(r'\w+', ' '.join('%s %s' % (step['label'], step['type'])
                                       for step in row['path_steps']))
    rest = iter(said)
    return (row['type'] == type_name and row['kind'] == kind and
            all(any(word == other for other in rest) for word in path_words))


def short(rows):
    return [(row['kind'], row['type'], row['count_delta'], row['path']) for row in rows]


def check_leak(rows, kind, type_name, path_words, at_least):
    assert rows and says(rows[0], kind, type_name, path_words), short(rows)
    assert rows[0]['count_delta'] >= at_least, short(rows)
    status, findings = report(rows, type_name)
    named = [row for row in findings if row['rule'] == 'type' and row['path'] == rows[0]['path']]
    assert status == 1 and named, (status, findings)


def check_clean(rows, type_name, at_most):
    """The fixed version: the type does not grow with the work."""
    found = [row for row in rows if row['type'] == type_name and row['count_delta'] > at_most]
    assert not found, short(found)
    status, findings = report(rows, type_name.partition('.')[0] + '.*')
    assert status == 0, findings


def main():
    run_tests(sys.modules['__main__'])
