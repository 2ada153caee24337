#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times the tools as whole processes on generated dumps: bench_tools.py --build=DIR [--objects=N] [--runs=K].

Prints one JSON line a figure: best wall and processor seconds of K runs, peak memory, and the ratio to
a reference measured in the same run, since machines differ and are shared. The references are a
byte search over the same file (memchr for newlines, as bench_read measures it) and Python's own JSON
parser over its first lines. Dumps and stores go to --folder (default: a temporary one).
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time


def run(command, runs, environment=None):
    """Best wall seconds, best processor seconds, largest peak memory of `runs` runs."""
    wall, cpu, peak = [], [], 0
    for _ in range(runs):
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   env=environment)
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall.append(time.perf_counter() - began)
        if process.returncode not in (0, 3):
            sys.exit('%s: status %d: %s' % (command, process.returncode, errors.decode()))
        cpu.append(usage.ru_utime + usage.ru_stime)
        peak = max(peak, usage.ru_maxrss * 1024)
    return min(wall), min(cpu), peak


def newlines(path):
    """Seconds to find every newline of a file in the page cache by memchr, 1 MiB at a time."""
    best = float('inf')
    for _ in range(3):
        began = time.perf_counter()
        with open(path, 'rb', buffering=0) as file:
            buffer = bytearray(1 << 20)
            while True:
                size = file.readinto(buffer)
                if not size:
                    break
                buffer.count(b'\n', 0, size)
        best = min(best, time.perf_counter() - began)
    return best


def python_json(path, most_bytes=64 << 20):
    """Bytes a second of `json.loads` line by line, nothing kept."""
    done, began = 0, time.perf_counter()
    with open(path, 'rb') as file:
        for line in file:
            json.loads(line)
            done += len(line)
            if done > most_bytes:
                break
    return done / (time.perf_counter() - began)


def report(name, figures, **more):
    wall, cpu, peak = figures
    row = {'name': name, 'wall_s': round(wall, 4), 'cpu_s': round(cpu, 4), 'peak_bytes': peak}
    row.update(more)
    print(json.dumps(row), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--build', required=True)
    parser.add_argument('--objects', type=int, default=1000000)
    parser.add_argument('--references', type=float, default=3)
    parser.add_argument('--runs', type=int, default=3)
    parser.add_argument('--folder')
    options = parser.parse_args()
    folder = options.folder or tempfile.mkdtemp(prefix='heapsnap-bench-')
    os.makedirs(folder, exist_ok=True)
    tools = os.path.join(options.build, 'tools')
    mkdump = os.path.join(options.build, 'tests', 'bench', 'mkdump')
    dumps = [os.path.join(folder, 'a.jsonl'), os.path.join(folder, 'b.jsonl')]
    stores = [os.path.join(folder, 'a.db'), os.path.join(folder, 'b.db')]
    n = options.objects
    for dump, growth in zip(dumps, (n // 100, n // 50)):
        subprocess.run([mkdump, '--objects', str(n), '--refs-per-object', str(options.references),
                        '--seed', '1', '--growth', 'app.cache.Request=%d' % growth, '-o', dump],
                       check=True)
    size = os.path.getsize(dumps[0])
    reference = newlines(dumps[0])
    parser_rate = python_json(dumps[0])
    print(json.dumps({'name': 'references', 'objects': n, 'dump_bytes': size,
                      'newlines_bytes_per_s': round(size / reference),
                      'python_json_bytes_per_s': round(parser_rate)}), flush=True)

    load = [os.path.join(tools, 'snapload'), '-q', '--force']
    figures = run(load + [dumps[0], '-o', stores[0]], options.runs)
    run(load + [dumps[1], '-o', stores[1]], 1)
    info = json.loads(subprocess.run([os.path.join(tools, 'snapinfo'), stores[0], '--json'],
                                     stdout=subprocess.PIPE, check=True).stdout)['rows'][0]
    objects, references = info['objects'], info['references']
    report('snapload', figures, objects=objects, references=references,
           bytes_per_cpu_s=round(size / figures[1]), bytes_per_wall_s=round(size / figures[0]),
           times_newlines=round(figures[1] / reference, 2),
           times_faster_than_python_json=round(size / figures[1] / parser_rate, 1),
           store_bytes=os.path.getsize(stores[0]),
           store_budget_bytes=objects * 16 + references * 5,
           memory_budget_bytes=objects * 32 + references * 8)

    def tool(name, *arguments):
        return [os.path.join(tools, name)] + list(arguments)
    one = subprocess.run(tool('snapsql', stores[0], '--csv',
                              "SELECT address FROM object WHERE type = 'app.cache.Request' LIMIT 1"),
                         stdout=subprocess.PIPE, check=True).stdout.split()[-1].decode()
    svg = os.path.join(folder, 'drawing.svg')
    for name, command in (
            ('snaptop', tool('snaptop', stores[0])),
            ('snapdiff', tool('snapdiff', stores[0], stores[1])),
            ('cyclefind', tool('cyclefind', stores[0], '-q')),
            ('backrefs --svg, one object, depth 3', tool('backrefs', stores[0], one, '-q', '--svg', svg)),
            ('backrefs --chain, one object', tool('backrefs', stores[0], one, '--chain')),
            ('backrefs --svg, 1 % of all objects', tool('backrefs', stores[0], 'app.cache.Request', '-q',
                                                         '--svg', svg)),
            ('snapsql, one sum', tool('snapsql', stores[0], 'SELECT sum(size_bytes) FROM object')),
            ('snapinfo --verify', tool('snapinfo', stores[0], '--verify'))):
        figures = run(command, options.runs)
        report(name, figures, objects=objects, times_newlines=round(figures[1] / reference, 3))
    if not options.folder:
        shutil.rmtree(folder)


if __name__ == '__main__':
    main()
