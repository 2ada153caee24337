# SPDX-License-Identifier: MIT
"""Sizes and times as people write them: '500MB', '1.5GiB', '80%' of what the machine gives, '15min'."""
import os
import re

_SIZES = {'': 1, 'B': 1, 'K': 1 << 10, 'M': 1 << 20, 'G': 1 << 30,
          'KB': 10 ** 3, 'MB': 10 ** 6, 'GB': 10 ** 9, 'TB': 10 ** 12,
          'KIB': 1 << 10, 'MIB': 1 << 20, 'GIB': 1 << 30, 'TIB': 1 << 40}
_TIMES = {'': 1, 's': 1, 'm': 60, 'min': 60, 'h': 3600, 'd': 86400}
_NUMBER = re.compile(r'\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*|%)\s*\Z')
# Where a container's limit stands: control groups of version 2, then 1.
_LIMITS = ('/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes')


def _parts(value, what):
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError('%s must be a number or a str, not %s' % (what, type(value).__name__))
    match = _NUMBER.match(str(value))
    if match is None:
        raise ValueError('%s: cannot read %r' % (what, value))
    return float(match.group(1)), match.group(2)


def size_bytes(value, what='size'):
    """Bytes of 1048576, '500MB' (10**6), '500MiB' (2**20), or '80%' of the memory limit."""
    number, unit = _parts(value, what)
    if unit == '%':
        return int(number * memory_limit_bytes() / 100)
    if unit.upper() not in _SIZES:
        raise ValueError('%s: cannot read %r' % (what, value))
    return int(number * _SIZES[unit.upper()])


def seconds(value, what='time'):
    """Seconds of 90, '90s', '15min', '6h', '1d'."""
    number, unit = _parts(value, what)
    if unit not in _TIMES:
        raise ValueError('%s: cannot read %r' % (what, value))
    return number * _TIMES[unit]


def memory_limit_bytes():
    """The limit of this container, or the machine's memory."""
    whole = os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
    for path in _LIMITS:
        try:
            with open(path) as file:
                return min(whole, int(file.read()))
        except (OSError, ValueError):     # there is none, or it says "max"
            continue
    return whole


def memory_left_bytes():
    """What this process may still take: of the container's limit, and of the machine's memory."""
    left = []
    for limit, used, stat, cache in (
            ('/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory.current',
             '/sys/fs/cgroup/memory.stat', 'inactive_file'),
            ('/sys/fs/cgroup/memory/memory.limit_in_bytes',
             '/sys/fs/cgroup/memory/memory.usage_in_bytes',
             '/sys/fs/cgroup/memory/memory.stat', 'total_inactive_file')):
        try:
            # Cached files are in use, but given up first.
            left.append(_number(limit) - _number(used) + _field(stat, cache))
            break
        except (OSError, ValueError):
            continue
    try:
        left.append(_field('/proc/meminfo', 'MemAvailable:') * 1024)
    except (OSError, ValueError):
        pass
    return min(left) if left else 1 << 62


def _number(path):
    with open(path) as file:
        return int(file.read())


def _field(path, name):
    with open(path) as file:
        for line in file:
            if line.startswith(name + ' '):
                return int(line.split()[1])
    return 0
