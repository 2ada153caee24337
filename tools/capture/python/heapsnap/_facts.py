# SPDX-License-Identifier: MIT
"""Facts about the process for the first line, and the roots that are not frames."""
import gc
import os
import platform
import sys
import time
import types

try:
    import resource
except ImportError:
    resource = None
try:
    import _tracemalloc
except ImportError:
    _tracemalloc = None

from . import _layout
from ._types import quote

_BUILD = ' '.join(platform.python_build())
_HOST = platform.node()
_module_dict = types.ModuleType.__dict__['__dict__'].__get__
_VERSION = '%d.%d.%d' % sys.version_info[:3]
if sys.version_info.releaselevel != 'final':
    _VERSION += sys.version_info.releaselevel[0] + str(sys.version_info.serial)
_PAGE = os.sysconf('SC_PAGE_SIZE') if hasattr(os, 'sysconf') else 4096
more = []                                 # functions that know further facts: [(name, value)]


def tracing():
    return _tracemalloc is not None and _tracemalloc.is_tracing()


def object_traceback():
    """The function that gives an object's allocation stack, or None."""
    return _tracemalloc._get_object_traceback if tracing() else None


def _find_by_address():
    try:
        prototype = _layout.ctypes.PYFUNCTYPE(
            _layout.ctypes.py_object, _layout.ctypes.c_uint, _layout.ctypes.c_size_t)
        return prototype(('_PyTraceMalloc_GetTraceback', _layout.ctypes.pythonapi))
    except AttributeError:
        return None


# In 3.11 tracemalloc forgets the two words in front of an object with a managed dict.
traceback_at = _find_by_address() if sys.version_info[:2] == (3, 11) else None


def facts(enabled):
    """The JSON object of all facts. Text, since what is tracked would be in the dump."""
    rows = [('gc.enabled', enabled)]
    for name, numbers in (('count', gc.get_count()), ('threshold', gc.get_threshold())):
        rows += [('gc.%s.%d' % (name, at), number) for at, number in enumerate(numbers)]
    for at, stats in enumerate(gc.get_stats()):
        for name in sorted(stats):
            if type(stats[name]) is int:
                rows.append(('gc.stats.%d.%s' % (at, name), stats[name]))
    if hasattr(gc, 'get_freeze_count'):
        rows.append(('gc.frozen', gc.get_freeze_count()))
    rows.append(('python.implementation', sys.implementation.name))
    rows.append(('python.build', _BUILD))
    if tracing():
        current, peak = _tracemalloc.get_traced_memory()
        rows.append(('tracemalloc.current_bytes', current))
        rows.append(('tracemalloc.peak_bytes', peak))
        rows.append(('tracemalloc.limit', _tracemalloc.get_traceback_limit()))
    if resource is not None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        rows.append(('max_rss_bytes', peak if sys.platform == 'darwin' else peak * 1024))
    for known in more:
        rows += known()
    return _object(rows)


def rss_bytes():
    """What the process occupies now; 0 where the system does not say."""
    try:
        fd = os.open('/proc/self/statm', os.O_RDONLY)
    except OSError:
        return 0
    try:
        return int(os.read(fd, 200).split()[1]) * _PAGE
    finally:
        os.close(fd)


def _value(value):
    if value is True or value is False:
        return 'true' if value else 'false'
    return '%d' % value if type(value) is int else quote(value)


def _object(rows):
    return '{%s}' % ','.join('%s:%s' % (quote(name), _value(value)) for name, value in rows)


def header(pid, label, tags, values, facts, now):
    """The first line."""
    fields = [('heapsnap', 1), ('runtime', sys.implementation.name), ('runtime_version', _VERSION)]
    argv = getattr(sys, 'argv', None)
    if type(argv) is list and argv and type(argv[0]) is str and argv[0]:
        fields.append(('program', argv[0]))
    fields.append(('pid', pid))
    if _HOST:
        fields.append(('host', _HOST))
    fields.append(('captured_at_unix_ms', int(now * 1000)))
    occupied = rss_bytes()
    if occupied:
        fields.append(('rss_bytes', occupied))
    if label:
        fields.append(('label', label))
    text = _object(fields)[:-1]
    if tags:
        text += ',"tags":' + _object(tags)
    return '%s,"values":%s,"facts":%s}\n' % (text, _value(bool(values)), facts)


def now():
    return time.time()


def module_roots():
    """[(object, kind, name)]: modules, and what the interpreter itself holds."""
    found = []
    modules = sys.modules
    if type(modules) is dict:
        for name, module in list(dict.items(modules)):
            if type(name) is str and any(base is types.ModuleType
                                         for base in _layout.type_mro(type(module))):
                found.append((module, 'module', name))
    found.append((modules, 'interpreter', 'sys.modules'))
    found.append((_module_dict(sys), 'interpreter', 'sys'))
    builtins = sys.modules.get('builtins')
    if type(builtins) is types.ModuleType:
        found.append((_module_dict(builtins), 'interpreter', 'builtins'))
    return found
