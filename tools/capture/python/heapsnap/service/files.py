# SPDX-License-Identifier: MIT
"""Names of dumps, and which of them are removed when there are too many.

    20261120T192243.123Z-web1-4242-signal-service=payment.jsonl.gz

The time comes first, so that names in order are dumps in order. What belongs to a dump has its name with
another ending and goes with it: whole or nothing.
"""
import os
import re
import time

_UNFIT = re.compile(r'[^A-Za-z0-9._]+')
_NAME = re.compile(r'(\d{8}T\d{6}\.\d{3}Z-.+?-(\d+)-.+?)\.(jsonl(?:\.gz)?|tracemalloc(?:\.gz)?)\Z')
_LEFT_OVER = re.compile(r'\d{8}T\d{6}\.\d{3}Z-.+\.(?:jsonl|tracemalloc)(?:\.gz)?\.tmp-(\d+)\Z')
_SERIES = re.compile(r'rss-.+-\d+(?:\.1)?\.csv\Z')
_PART_LENGTH, _LENGTH = 60, 180
_STALE_S = 3600


def fit(text):
    """A part of a file's name: no separators, nothing that a shell would read."""
    return _UNFIT.sub('_', str(text)).strip('_.')[:_PART_LENGTH] or '_'


def stem(now, host, pid, label, tags):
    """The name without its ending; tags is a list of pairs."""
    parts = [time.strftime('%Y%m%dT%H%M%S', time.gmtime(now)) + '.%03dZ' % (now % 1 * 1000),
             fit(host or 'localhost'), '%d' % pid, fit(label)]
    parts += ['%s=%s' % (fit(name), fit(value)) for name, value in tags]
    name = parts[0]
    for part in parts[1:]:
        if len(name) + 1 + len(part) > _LENGTH:
            break
        name += '-' + part
    return name


def rotate(directory, max_files, max_bytes, host):
    """Remove the oldest dumps beyond a number or a size, and what dead processes left unfinished.

    Several processes may do this at once: each picks the same oldest ones. Of the files of RSS twice as
    many stay as of dumps. Returns how many dumps went.
    """
    found, series = {}, []
    for name in os.listdir(directory):
        match = _NAME.match(name)
        if match:
            found.setdefault(match.group(1), []).append(name)
        elif _SERIES.match(name):
            series.append((_stat(os.path.join(directory, name)).st_mtime, name))
        elif _LEFT_OVER.match(name):
            _remove_left_over(os.path.join(directory, name), fit(host or 'localhost'))
    for _, name in sorted(series)[:-2 * max_files] if max_files else ():
        _remove(os.path.join(directory, name))
    sizes = {}
    for one, names in found.items():
        sizes[one] = sum(_stat(os.path.join(directory, name)).st_size for name in names)
    names, total, removed = sorted(found), sum(sizes.values()), 0
    # The newest stays, whatever its size.
    while len(names) > 1 and ((max_files and len(names) > max_files) or
                              (max_bytes and total > max_bytes)):
        oldest = names.pop(0)
        total -= sizes[oldest]
        # The dump last: while it is there, so is all that belongs to it or nothing of it is missed.
        for name in sorted(found[oldest], key=lambda name: '.jsonl' in name):
            _remove(os.path.join(directory, name))
        removed += 1
    return removed


def _remove_left_over(path, host):
    match = _LEFT_OVER.match(os.path.basename(path))
    mine = os.path.basename(path).split('Z-', 1)[-1].startswith(host + '-')
    try:
        if mine and time.time() - os.stat(path).st_mtime > _STALE_S:
            os.kill(int(match.group(1)), 0)
    except ProcessLookupError:
        _remove(path)
    except OSError:
        pass


def _stat(path):
    try:
        return os.stat(path)
    except OSError:                       # another process was faster
        return os.stat_result((0,) * 10)


def _remove(path):
    try:
        os.unlink(path)
    except OSError:
        pass                              # another process was faster
