# SPDX-License-Identifier: MIT
"""Speed and extra memory of heapsnap.dump: python bench_capture.py [OBJECTS] [RUNS]

Run it with the interpreter of interest, and PYTHONPATH where the package is (with the
accelerator built beside it, if it is to be measured). Prints one JSON line for each walker and
kind of file: the best run of several, objects and bytes per second, the extra peak memory per
object, and for fork=True how long the caller stood still.
"""
import json
import os
import sys
import tempfile
import time

import heapsnap
from heapsnap import _accelerated


class Request(object):
    """A million of a class of ours: five objects each, as services have them."""

    def __init__(self, number):
        self.number = number + 1000
        self.path = '/item/%d' % number
        self.parts = [number, self.path]


def _status(field):
    with open('/proc/self/status') as file:
        for line in file:
            if line.startswith(field + ':'):
                return int(line.split()[1]) * 1024
    return 0


def _last_line(path):
    with open(path, 'rb') as file:
        file.seek(-300, 2)
        return json.loads(file.read().split(b'\n')[-2].decode())


def _once(walker, path, fork):
    """One dump in a child process, so that every run starts from the same heap."""
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        with os.fdopen(read) as pipe:
            answer = json.loads(pipe.read())
        os.waitpid(child, 0)
        return answer
    _accelerated.enabled[0] = walker == 'c'
    with open('/proc/self/clear_refs', 'w') as file:
        file.write('5')                   # forget the peak of the parent
    before = _status('VmRSS')
    start = time.perf_counter()
    pid = heapsnap.dump(path, fork=fork)
    elapsed = time.perf_counter() - start
    if pid:
        os.waitpid(pid, 0)
    answer = {'ns': int(elapsed * 1e9), 'extra_bytes': max(_status('VmHWM') - before, 0)}
    os.write(write, json.dumps(answer).encode())
    os._exit(0)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 250000
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    kept = [Request(number) for number in range(count)]
    folder = tempfile.mkdtemp()
    plain = os.path.join(folder, 'a.jsonl')
    walkers = ['c', 'pure'] if _accelerated.available() else ['pure']
    for walker in walkers:
        for name, fork in (('a.jsonl', False), ('a.jsonl.gz', False), ('a.jsonl', True)):
            path = os.path.join(folder, name)
            results = [_once(walker, path, fork) for _ in range(runs)]
            best = min(result['ns'] for result in results)
            size = os.path.getsize(path)
            if name == 'a.jsonl':
                objects = _last_line(plain)['objects']
            line = {'name': 'capture', 'python': '%d.%d.%d' % sys.version_info[:3],
                    'walker': walker, 'gzip': name.endswith('.gz'), 'fork': fork,
                    'objects': objects, 'file_bytes': size, 'runs': runs, 'elapsed_ns': best}
            if not fork:
                line['objects_per_s'] = int(objects / (best / 1e9))
                line['bytes_per_s'] = int(size / (best / 1e9))
                line['extra_bytes_per_object'] = round(
                    max(result['extra_bytes'] for result in results) / float(objects), 1)
            print(json.dumps(line))
            sys.stdout.flush()
            os.unlink(path)
    os.rmdir(folder)
    return len(kept)


if __name__ == '__main__':
    main()
