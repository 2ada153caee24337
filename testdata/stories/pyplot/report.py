# SPDX-License-Identifier: MIT
"""A report of many charts: report.py FOLDER. Snapshots at the start, every ten figures, and at the end."""
import io
import os
import sys
import tracemalloc
import warnings

import matplotlib
matplotlib.use('Agg')
import matplotlib.pyplot as plt  # noqa: E402

# matplotlib warns at 20 open figures, into a log that nobody reads.
warnings.simplefilter('ignore', RuntimeWarning)


def chart(number):
    figure, axes = plt.subplots(figsize=(2, 1))
    axes.plot([number, number + 2, number + 1])
    axes.set_title('station %d' % number)
    out = io.BytesIO()
    figure.savefig(out, format='png', dpi=30)
    return len(out.getvalue())


def snapshot(folder, name):
    tracemalloc.take_snapshot().dump(os.path.join(folder, name + '.pickle'))


def main(folder):
    chart(0)
    plt.close('all')
    tracemalloc.start(40)
    snapshot(folder, 'start')
    for batch in range(3):
        for number in range(10):
            chart(10 * batch + number)
        snapshot(folder, 'batch%d' % batch)
    plt.close('all')
    import gc
    gc.collect()
    snapshot(folder, 'end')


if __name__ == '__main__':
    main(sys.argv[1])
