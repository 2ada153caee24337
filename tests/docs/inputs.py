# SPDX-License-Identifier: MIT
"""Small inputs under the names that the documents use: real captures of testdata, and the samples."""
import os
import shutil
import subprocess
import sys
import time

import e2elib

DATA = os.path.join(e2elib.ROOT, 'testdata')
WEEK = os.path.join(e2elib.ROOT, 'tests', 'cli', 'data')

# Name in a document → sample of testdata.
SAMPLES = {
    'before.pickle': 'tracemalloc/python3.11.pickle',
    'after.pickle': 'tracemalloc/python3.12.pickle',
    'trace.pickle': 'tracemalloc/python3.13.pickle',
    'a.pickle': 'tracemalloc/python3.13.pickle',
    'traces.pickle': 'tracemalloc/python3.13.pickle',
    'a.heap': 'gperftools/gperftools2.10-exact.heap',
    'heap.pb.gz': 'pprof/go1.26-heap-gz.pb.gz',
    'a.pstats': 'pstats/python3.11.pstats',
    'a.hpy': 'guppy/guppy3.1-steps.hpy',
    'log.hpy': 'guppy/guppy3.1-steps.hpy',
    'app.smaps': 'smaps/linux6-log.smaps',
    'mprofile.dat': 'mprof/memory_profiler-functions.dat',
    'fil.prof': 'folded/fil-peak-memory.prof',
    'rss.csv': 'csv/psutil7.2-bytes.csv',
    'memray-stats.json': 'memraystats/memray1.20.json',
}
for _number, _names in enumerate((('1', 'before', 'warm'), ('2', 'after', 'busy'), ('3', 'idle')), 1):
    SAMPLES.update({f'{_name}.heapsnapshot': f'v8/made-leak-{_number}.heapsnapshot' for _name in _names})

# Store → dumps that are loaded into it, each as a snapshot.
STORES = {
    'a.db': ['a.jsonl.gz'],
    'b.db': ['b.jsonl.gz'],
    'good.db': ['a.jsonl.gz'],
    'new.db': ['a.jsonl.gz'],
    'feeds.db': ['feeds.jsonl.gz'],
    'mon.db': ['monday.jsonl'],
    'tue.db': ['tuesday.jsonl'],
    'wed.db': ['wednesday.jsonl'],
    'nightly.db': ['monday.jsonl', 'tuesday.jsonl', 'wednesday.jsonl'],
    'big.db': ['fil.prof'],
    'other.db': ['fil.prof'],
    '1.db': ['monday.jsonl'],
    '2.db': ['tuesday.jsonl'],
    '3.db': ['wednesday.jsonl'],
    'c.db': ['b.jsonl.gz'],
    '4.db': ['wednesday.jsonl'],
    '5.db': ['wednesday.jsonl'],
}


def must(words, **options):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        raise SystemExit(f'{words}: status {done.returncode}\n{done.stdout}')
    return done.stdout


def capture_shop(folder):
    """a.jsonl.gz and b.jsonl.gz, as tools/quickstart makes them."""
    env = dict(e2elib.python_environment(), PYTHONTRACEMALLOC='5')
    shop = os.path.join(DATA, 'service')
    port_file = os.path.join(folder, 'port')
    service = subprocess.Popen([sys.executable, os.path.join(shop, 'app.py'), port_file], env=env,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not os.path.exists(port_file) and time.monotonic() < end:
            time.sleep(0.05)
        with open(port_file) as file:
            port = file.read().strip()
        for words in (['add', '100'], ['capture', os.path.join(folder, 'a.jsonl.gz'), 'before'],
                      ['add', '2000'], ['capture', os.path.join(folder, 'b.jsonl.gz'), 'after']):
            must([sys.executable, os.path.join(shop, 'traffic.py'), port, *words], env=env)
    finally:
        service.kill()
        service.wait()
        os.remove(port_file)


def prepare(folder):
    """Makes all inputs in a folder."""
    def path(name):
        return os.path.join(folder, name)
    capture_shop(folder)
    # Elements that know their parent, with the collector off: what a cycle looks like in a dump.
    must([sys.executable, os.path.join(DATA, 'leaks', 'parents', 'app.py'), path('feeds0.jsonl.gz'),
          path('feeds.jsonl.gz')], env=e2elib.python_environment(), cwd=folder)
    for name, sample in SAMPLES.items():
        shutil.copy(os.path.join(DATA, sample), path(name))
    for day in ('monday', 'tuesday', 'wednesday'):
        shutil.copy(os.path.join(WEEK, day + '.jsonl'), path(day + '.jsonl'))
    for store, dumps in STORES.items():
        for dump in dumps:
            must([e2elib.tool('snapload'), dump, '--append', '-q', '-o', store], cwd=folder)
    shutil.copy(path('b.jsonl.gz'), path('heap.jsonl.gz'))
    shutil.copy(path('b.jsonl.gz'), path('tonight.jsonl.gz'))
    os.mkdir(path('runs'))
    shutil.copy(path('b.jsonl.gz'), path('runs/app.jsonl.gz'))
    shutil.copy(path('b.db'), path('runs/dump.db'))
    os.mkdir(path('dumps'))
    for number, name in enumerate(('a.jsonl.gz', 'b.jsonl.gz')):
        shutil.copy(path(name), path(f'dumps/{number}.jsonl.gz'))
    with open(path('policy.yaml'), 'w') as file:
        file.write('name: documents\n')
    shutil.copy(path('nightly.db'), path('history.db'))
