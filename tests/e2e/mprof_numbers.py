# SPDX-License-Identifier: MIT
"""Peak and slope of memory over time, against memory_profiler's own numbers on the same files."""
import argparse
import glob
import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys

import e2elib

MIB = 1048576.0
FILES = os.path.join(e2elib.ROOT, 'testdata', 'mprof')
PROGRAM = os.path.join(FILES, 'program.py')
PLACES = ['/usr/lib/python3/dist-packages', *sys.path]


def load_mprof():
    """mprof is a module without a package; Debian has one, and so may the path."""
    for place in PLACES:
        path = os.path.join(place, 'mprof.py')
        if os.path.exists(path):
            if place not in sys.path:
                sys.path.append(place)
            spec = importlib.util.spec_from_file_location('mprof', path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    return None


def plotted(mprof, path):
    """What `mprof plot --slope` writes into the legend and marks as the peak: slopes and maximum."""
    import matplotlib
    matplotlib.use('Agg')
    import pylab
    pylab.clf()
    options = argparse.Namespace(slope=True, xlim=None)
    mprof.plot_file(path, options=options)
    labels = [line.get_label() for line in pylab.gca().get_lines()]
    slopes = [float(match.group(1)) for match in
              (re.search(r'slope (-?[0-9.]+)$', label) for label in labels) if match]
    lines = [line for line in pylab.gca().get_lines() if 'slope' in line.get_label()]
    return slopes, [max(line.get_ydata()) for line in lines]


def peak_told(mprof, path):
    """What `mprof peak` prints, in MiB."""
    stdout, argv = sys.stdout, sys.argv
    sys.stdout, sys.argv = io.StringIO(), ['mprof', 'peak', path]
    try:
        mprof.peak_action()
        text = sys.stdout.getvalue()
    finally:
        sys.stdout, sys.argv = stdout, argv
    return [float(value) for value in re.findall(r'\t([0-9.]+) MiB', text)]


def compare(cases, mprof, path):
    name = os.path.basename(path)
    curves = [row for row in e2elib.rows(cases, 'snapplot', path) if row['kind'] == 'curve']
    slopes, peaks = plotted(mprof, path)
    ours = [row['slope_per_s'] / MIB for row in curves]
    cases.check(len(ours) == len(slopes), f'{name}: as many curves', ours, slopes)
    for mine, theirs in zip(ours, slopes):
        cases.check(abs(mine - theirs) <= 1e-5 + 2e-5 * abs(theirs), f'{name}: slope', mine, theirs)
    for row, theirs in zip(curves, peaks):
        cases.check(abs(row['peak_value'] / MIB - theirs) < 1e-6, f'{name}: peak of the plot',
                    row['peak_value'] / MIB, theirs)
    for row, theirs in zip(curves, peak_told(mprof, path)):
        cases.check(row['peak_value'] / MIB >= theirs - 1e-3, f'{name}: not below mprof peak',
                    row['peak_value'] / MIB, theirs)


def test(cases):
    mprof = load_mprof()
    try:
        import matplotlib
        del matplotlib
    except ImportError:
        mprof = None
    if not mprof:
        cases.skip('no memory_profiler with matplotlib')
        return
    for path in sorted(glob.glob(os.path.join(FILES, 'memory_profiler-*.dat'))):
        compare(cases, mprof, path)
    with e2elib.Folder('mprof') as folder:
        program = os.path.join(folder, 'program.py')
        shutil.copy(PROGRAM, program)
        fresh = os.path.join(folder, 'fresh.dat')
        done = subprocess.run([sys.executable, mprof.__file__, 'run', '-C', '-T', '0.02', '-o', fresh, program],
                              cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        if cases.check(done.returncode == 0 and os.path.exists(fresh), 'mprof run', done.stdout):
            compare(cases, mprof, fresh)


if __name__ == '__main__':
    e2elib.main(test)
