# SPDX-License-Identifier: MIT
"""A nightly report that never closes its pyplot figures: app.py BEFORE AFTER. Status 77: no matplotlib."""
import io
import os
import sys
import tempfile
import warnings

import heapsnap

os.environ.setdefault('MPLCONFIGDIR', tempfile.mkdtemp(prefix='heapsnap-mpl-'))
try:
    import matplotlib
    matplotlib.use('Agg')
    import matplotlib.pyplot as plt
except ImportError:
    print('SKIP: no matplotlib')
    sys.exit(77)
# matplotlib warns at 20 open figures, into a log that nobody reads.
warnings.simplefilter('ignore', RuntimeWarning)


class Station:
    def __init__(self, name, readings):
        self.name = name
        self.readings = readings


def chart(station):
    """A PNG of one station. plt.close(figure) is missing."""
    figure, axes = plt.subplots(figsize=(2, 1))
    axes.plot(station.readings)
    axes.set_title(station.name)
    out = io.BytesIO()
    figure.savefig(out, format='png', dpi=30)
    return out.getvalue()


def report(first, count):
    pages = []
    for i in range(first, first + count):
        pages.append(chart(Station('station %d' % i, [i, i + 2, i + 1])))
    return sum(len(page) for page in pages)


def main(before, after):
    report(0, 3)
    heapsnap.dump(before, label='before')
    report(3, 25)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
