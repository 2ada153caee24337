# SPDX-License-Identifier: MIT
"""A bounded load and a dump: soak.py --dump FILE. Runs the service, asks for parcels, asks for a dump.

Every night does the same work: the same number of requests, of the same parcels, in the same order.
"""
import argparse
import glob
import http.client
import os
import signal
import subprocess
import sys
import tempfile
import time

SERVICE = [sys.executable, 'serve.py']
WARM_UP, REQUESTS, PATIENCE_S = 200, 4800, 120


def wait_for(what, found, service):
    """The first true answer of found(); an error after some patience, or when the service is gone."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and service.poll() is None:
        answer = found()
        if answer:
            return answer
        time.sleep(0.05)
    sys.exit('soak: no %s' % what)


def read(path):
    if os.path.exists(path):
        with open(path) as file:
            return file.read().split()


def load(port, first, count):
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=PATIENCE_S)
    for number in range(first, first + count):
        connection.request('GET', '/parcel/%d' % (number * 7 % 2000),
                           headers={'X-Request-Id': 'r%08d' % number})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            sys.exit('soak: request %d: %d %s' % (number, answer.status, answer.reason))
    connection.close()


def main(dump):
    with tempfile.TemporaryDirectory() as folder:
        port_file = os.path.join(folder, 'port')
        # tracemalloc with five frames: the report can name the line that allocated.
        env = dict(os.environ, PYTHONTRACEMALLOC='5')
        service = subprocess.Popen(SERVICE + [port_file], env=env)
        try:
            port, pid = map(int, wait_for('service', lambda: read(port_file), service))
            load(port, 0, WARM_UP)
            load(port, WARM_UP, REQUESTS)
            before = set(glob.glob('dumps/*Z-*.gz'))
            os.kill(pid, signal.SIGUSR2)
            new = wait_for('dump', lambda: set(glob.glob('dumps/*Z-*.gz')) - before, service)
            os.replace(new.pop(), dump)
        finally:
            service.kill()
            service.wait()
    print('soak: %d requests, dump in %s' % (WARM_UP + REQUESTS, dump))


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--dump', required=True, metavar='FILE')
    main(parser.parse_args().dump)
