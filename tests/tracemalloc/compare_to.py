# SPDX-License-Identifier: MIT
"""snapdiff and snaptop say what tracemalloc says: every row, every number and the order.

The other side is the running Python's own tracemalloc on the same files: compare_to(), statistics() and
filter_traces(). Inputs are snapshots of real programs, random snapshots with everything that real ones
rarely hold, and the samples of testdata/tracemalloc. HEAPSNAP_BIN is the folder of the tools.
"""
import glob
import gzip
import io
import json
import os
import pickle
import random
import shutil
import subprocess
import sys
import tempfile
import tracemalloc

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get('HEAPSNAP_BIN', '')
GROUPINGS = [('filename', False), ('filename', True), ('lineno', False), ('lineno', True),
             ('traceback', False)]

PROGRAM = r'''
import sys, tracemalloc
nframe, before, after = int(sys.argv[1]), sys.argv[2], sys.argv[3]
tracemalloc.start(nframe)
import json, decimal
kept = []
def leaf(n): return [bytes(n + i) for i in range(20)]
def recurse(n, depth): return leaf(n) if depth == 0 else recurse(n, depth - 1)
def twice(n): return leaf(n), leaf(n)
for i in range(30): kept.append(recurse(i, i % 9)); kept.append(twice(i))
tracemalloc.take_snapshot().dump(before)
del kept[::3]
import csv, difflib
for i in range(50): kept.append(recurse(i, i % 4)); kept.append({j: str(j) * i for j in range(9)})
tracemalloc.take_snapshot().dump(after)
'''


def frames_of(statistic):
    """Newest first, as tracemalloc keeps them and we print them; its API turns them round."""
    return [(frame.filename, frame.lineno) for frame in statistic.traceback][::-1]


def frames_of_row(row, by):
    if by == 'traceback':
        return [(frame['file'], frame['line']) for frame in row['stack']]
    return [(row['file'], row['line'] if by == 'lineno' else 0)]


def rows_printed(tool, files, by, cumulative, options):
    command = [os.path.join(BIN, tool), *files, '--by', by, '--json', *options]
    if cumulative:
        command.append('--cumulative')
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding='utf-8')
    if done.returncode != 0 or done.stderr:
        # A snapshot, or two, with no allocation at all has nothing to compare.
        if 'no allocations were traced' in done.stderr:
            return []
        raise AssertionError('%s: status %d: %s' % (' '.join(command), done.returncode, done.stderr))
    return json.loads(done.stdout)['rows']


def diff_rows(files, by, cumulative, options):
    return [(frames_of_row(row, by), row['size_bytes_new'], row['size_bytes_delta'], row['count_new'],
             row['count_delta'], row['size_bytes_old'], row['count_old'])
            for row in rows_printed('snapdiff', files, by, cumulative, options)]


def diff_rows_expected(before, after, by, cumulative):
    return [(frames_of(s), s.size, s.size_diff, s.count, s.count_diff, s.size - s.size_diff,
             s.count - s.count_diff) for s in after.compare_to(before, by, cumulative)]


def top_rows(files, by, cumulative, options):
    return [(frames_of_row(row, by), row['size_bytes'], row['count'])
            for row in rows_printed('snaptop', files, by, cumulative, options)]


def top_rows_expected(snapshot, by, cumulative):
    return [(frames_of(s), s.size, s.count) for s in snapshot.statistics(by, cumulative)]


class Filters:
    """Filters in both languages."""

    def __init__(self, include=(), exclude=(), all_frames=False, domain=None):
        self.options, self.filters = [], []
        for inclusive, patterns in ((True, include), (False, exclude)):
            for pattern, line in patterns:
                text = pattern if line is None else '%s:%d' % (pattern, line)
                self.options += ['--include' if inclusive else '--exclude', text]
                self.filters.append(tracemalloc.Filter(inclusive, pattern, line, all_frames,
                                                       domain if inclusive else None))
        if all_frames:
            self.options.append('--all-frames')
        if domain is not None:
            self.options += ['--domain', str(domain)]
            if not include:
                self.filters.append(tracemalloc.DomainFilter(True, domain))

    def apply(self, snapshot):
        return snapshot.filter_traces(self.filters)


def random_filters(rng, names):
    def some_patterns():
        patterns = []
        for _ in range(rng.randrange(3)):
            pattern = rng.choice(names + ['*', '*.py', 'lib*', '*/b?.p[a-y]*', '[!<]*', '[', 'none'])
            patterns.append((pattern, rng.choice([None, None, 0, 1, 2])))
        # The text of a pattern without a line must not look as if it had one.
        return [(pattern, line) for pattern, line in patterns if ':' not in pattern]
    include, exclude = some_patterns(), some_patterns()
    return Filters(include, exclude, bool(include or exclude) and rng.random() < 0.5,
                   rng.choice([None, None, 0, 389047]))


NAMES = ['a.py', 'a.pyc', 'lib/b.py', 'lib/b1.py', 'lib/\u00e9.py', 'lib/\U0001f40d.py', '<unknown>',
         '<frozen importlib._bootstrap>', 'dir with blank/x.py', '"quoted".py', 'lib\\w.py']


def random_traces(rng):
    tracebacks = [tuple((rng.choice(NAMES), rng.randrange(4)) for _ in range(rng.choice([1, 1, 2, 3, 25])))
                  for _ in range(rng.randrange(1, 30))]
    # Tails of one another, so that stacks share callers.
    tracebacks += [t[rng.randrange(len(t)):] for t in tracebacks]
    sizes = [0, 1, 1, 8, 8, 56, 64, 1 << 31, 1 << 40]
    traces = []
    for _ in range(rng.randrange(60)):
        trace = (rng.choice([0, 0, 0, 389047]), rng.choice(sizes), rng.choice(tracebacks))
        traces.append(trace + (len(trace[2]),) if sys.version_info >= (3, 9) else trace)
    return traces


PICKLED = {('tracemalloc', 'Snapshot'), ('tracemalloc', '_Traces'), ('copy_reg', '_reconstructor'),
           ('copyreg', '_reconstructor'), ('__builtin__', 'object'), ('builtins', 'object')}


def normalised(path):
    """
    A snapshot of any Python as this one's tracemalloc wants it; None when it is too new to be read
    here. No foreign class is loaded.
    """
    class Unpickler(pickle.Unpickler):
        def find_class(self, module, name):
            if (module, name) not in PICKLED:
                raise pickle.UnpicklingError('%s.%s' % (module, name))
            return super().find_class(module, name)
    with open(path, 'rb') as file:
        packed = file.read(2) == b'\x1f\x8b'
    with (gzip.open if packed else open)(path, 'rb') as file:
        data = file.read()
    if data[:1] == b'\x80' and data[1] > pickle.HIGHEST_PROTOCOL:
        return None
    snapshot = Unpickler(io.BytesIO(data)).load()
    traces = [t if len(t) > 2 else (0,) + tuple(t) for t in snapshot.traces._traces]
    wide = sys.version_info >= (3, 9)
    snapshot.traces._traces = [tuple(t[:3]) + ((len(t[2]),) if wide else ()) for t in traces]
    return snapshot


class Comparison:
    def __init__(self):
        self.cases = self.failed = 0

    def check(self, what, got, expected):
        self.cases += 1
        if got == expected:
            return
        self.failed += 1
        print('not ok: %s: %d rows, expected %d' % (what, len(got), len(expected)))
        for number, pair in enumerate(zip(got, expected)):
            if pair[0] != pair[1]:
                print('  row %d: %r\n  expected %r' % (number, pair[0], pair[1]))
                break

    def pair(self, what, files, snapshots, filters):
        before, after = (filters.apply(snapshot) for snapshot in snapshots)
        for by, cumulative in GROUPINGS:
            name = '%s --by %s%s %s' % (what, by, ' --cumulative' if cumulative else '',
                                        ' '.join(filters.options))
            self.check('snapdiff ' + name, diff_rows(files, by, cumulative, filters.options),
                       diff_rows_expected(before, after, by, cumulative))
            self.check('snaptop ' + name, top_rows(files[1:], by, cumulative, filters.options),
                       top_rows_expected(after, by, cumulative))


def compare_real_programs(comparison, folder):
    for nframe in (1, 3, 25):
        files = [os.path.join(folder, '%s%d.pickle' % (name, nframe)) for name in ('before', 'after')]
        subprocess.run([sys.executable, '-c', PROGRAM, str(nframe), *files], check=True)
        snapshots = [tracemalloc.Snapshot.load(path) for path in files]
        json_file = json.__file__
        for filters in (Filters(), Filters([('*/json/*', None), ('<string>', 8)]),
                        Filters((), [('<frozen importlib*', None), (tracemalloc.__file__, None)]),
                        Filters([(json_file, None)], [('*/re*', None)], True),
                        Filters([('<string>', None)], (), True, 0)):
            comparison.pair('nframe %d' % nframe, files, snapshots, filters)


def compare_random_snapshots(comparison, folder, rounds):
    rng = random.Random(20)
    for number in range(rounds):
        files, snapshots = [], []
        for name in ('before', 'after'):
            snapshot = tracemalloc.Snapshot(random_traces(rng), 25)
            files.append(os.path.join(folder, name + '.pickle'))
            with open(files[-1], 'wb') as file:
                pickle.dump(snapshot, file, rng.randrange(2, pickle.HIGHEST_PROTOCOL + 1))
            snapshots.append(snapshot)
        filters = random_filters(rng, NAMES) if number % 3 else Filters()
        comparison.pair('random %d' % number, files, snapshots, filters)


def compare_samples(comparison):
    # Those that Pythons wrote; the others are damaged on purpose.
    paths = sorted(path for path in glob.glob(os.path.join(ROOT, 'testdata', 'tracemalloc', 'python*'))
                   if path.endswith(('.pickle', '.pickle.gz')))
    samples = [(path, normalised(path)) for path in paths]
    samples = [(path, snapshot) for path, snapshot in samples if snapshot]
    for (path, snapshot), (other_path, other) in zip(samples, samples[1:] + samples[:1]):
        comparison.pair('%s %s' % (os.path.basename(path), os.path.basename(other_path)),
                        [path, other_path], [snapshot, other], Filters())


def main():
    if sys.version_info < (3, 7):
        print('SKIP: before Python 3.7, tracemalloc orders equal stacks from the newest frame on')
        return 77
    if not BIN or not shutil.which(os.path.join(BIN, 'snapdiff')):
        sys.exit('HEAPSNAP_BIN names no folder with snapdiff')
    comparison = Comparison()
    with tempfile.TemporaryDirectory() as folder:
        compare_real_programs(comparison, folder)
        compare_random_snapshots(comparison, folder, 60)
        compare_samples(comparison)
    print('%d cases, %d failed' % (comparison.cases, comparison.failed))
    return 1 if comparison.failed or not comparison.cases else 0


if __name__ == '__main__':
    sys.exit(main())
