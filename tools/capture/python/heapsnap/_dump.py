# SPDX-License-Identifier: MIT
"""heapsnap.dump: what is done around a walk, and in which order.

The order matters: with the collector off, all that begins to be tracked stands at the end of the
youngest generation, in order. So a marker is made first, then what the capture needs (the
counts of shared objects before anything else), then the process forks if it shall, and only
then are the collector's lists taken, less what stands behind the marker: the capture's own.
"""
import gc
import os
import sys
import types

from . import _accelerated
from . import _facts
from . import _frames
from . import _layout
from . import _output
from . import _types
from . import _untraced
from . import _walk
from ._layout import mem
from ._types import quote

_GENERATIONS = (0, 1, 2) if sys.version_info >= (3, 8) else (None,)
_RC_MASK = _layout.RC_MASK
_children = []                            # processes of fork=True that were not waited for


class Plan(object):
    """What a walk is told; the same for both walkers."""

    __slots__ = ('skip', 'adjust', 'rows', 'roots', 'targets', 'keep', 'warnings', 'sizes',
                 'kinds', 'values', 'traceback')

    def __init__(self):
        self.skip = set()
        self.adjust = {}
        self.rows = []                    # frames without an object
        self.roots = []                   # (address, kind, name, thread or None)
        self.targets = []                 # addresses of roots
        self.keep = []                    # what has to live until the end of the walk
        self.warnings = []
        self.sizes = {}                   # of own code objects, by address
        self.kinds = None
        self.values = False
        self.traceback = None

    def subtract(self, o):
        """A frame or a list of the capture refers to `o` once more."""
        self.adjust[id(o)] = self.adjust.get(id(o), 0) + 1

    def hold(self, o):
        """Keep `o` alive: another thread may drop it while the walk lets it run."""
        self.keep.append(o)
        self.subtract(o)


def dump(path, *, collect=False, values=False, fork=False, label=None, tags=None):
    """Write a snapshot of all objects of this process to `path` (gzip when it ends in .gz).

    collect: run the collector first; else garbage is in the dump, and recognised there.
    values: with short texts of str, bytes, int, float and bool objects; else names only.
    fork: a child process writes; returns its pid as soon as it runs. Else returns None.
    label, tags: a name, and a dict of strings, for the first line.
    Raises OSError when the file cannot be written whole; then there is no file.
    """
    _reap()
    if collect:
        gc.collect()
    hooks = None
    was_enabled = gc.isenabled()
    gc.disable()
    marker = []
    try:
        label, tags = _checked(label, tags)
        # The facts first: what follows counts as collector activity.
        facts = _facts.facts(was_enabled)
        hooks = _untraced.begin() if _facts.tracing() else None
        plan = _plan(values)
        output = _output.Output(path)
        try:
            head = _facts.header(os.getpid(), label, tags, values, facts, _facts.now())
            head += ''.join('{"warning":%s}\n' % quote(text) for text in plan.warnings)
            if fork:
                return _forked(output, marker, plan, head)
            _write(output, marker, plan, head)
        except BaseException:
            output.abandon()
            raise
    finally:
        _untraced.end(hooks)
        if was_enabled:
            gc.enable()


def _checked(label, tags):
    if label is not None and type(label) is not str:
        raise TypeError('label must be a str')
    if tags is None:
        return label, ()
    if type(tags) is not dict or not all(type(name) is str and type(value) is str
                                         for name, value in tags.items()):
        raise TypeError('tags must be a dict of str to str')
    return label, sorted(tags.items())


def _variables(code):
    """The names of a code object's variables."""
    if sys.version_info >= (3, 11) and _layout.layout.code_names:
        # co_varnames and its like would make tuples that the code keeps where nobody sees them.
        return _layout.objs[(id(code) + _layout.layout.code_names[0]) >> 3]
    return code.co_varnames + code.co_freevars + code.co_cellvars


def _constants(code, found):
    found += [code, code.co_name, code.co_filename, getattr(code, 'co_qualname', '')]
    for constant in code.co_consts + code.co_names + _variables(code):
        if type(constant) is types.CodeType:
            _constants(constant, found)
        elif type(constant) is tuple:
            found.extend(constant)
        found.append(constant)


# Names that the interpreter and the library look up on their own while our code runs.
_LOOKED_UP = [sys.intern('__%s__' % name) for name in (
    'bytes call class contains del delete enter eq exit float fspath get getattr getattribute '
    'getitem hash index init instancecheck int iter len length_hint missing new next reversed set '
    'subclasscheck subclasses trunc').split()] + [sys.intern(name) for name in (
        'rfind rstrip lstrip strip split join startswith endswith decode encode find count '
        'replace items values keys pop').split()]


def _shared_objects():
    """What the capture's own frames refer to while they run: its code, constants and globals."""
    found = [None, True, False, Ellipsis, NotImplemented, (), '', b'', frozenset()]
    found += range(-5, 257)
    found.append(gc.get_objects)          # handed to the child of the accelerator
    found += _LOOKED_UP
    found += [chr(at) for at in range(256)] + [bytes((at,)) for at in range(256)]
    spaces = [vars(sys.modules['builtins'])]
    for module in (_accelerated, _facts, _frames, _layout, _output, _types, _untraced, _walk,
                   sys.modules[__name__]):
        spaces.append(vars(module))
    if _accelerated._heapsnap is not None:
        spaces.append(vars(_accelerated._heapsnap))
    for space in spaces[1:]:
        for value in list(space.values()):
            if type(value) is type and value.__module__.startswith(__package__):
                entries = [entry for entry in vars(value).values()]
                found += entries
                found += [entry.__code__ for entry in entries
                          if type(entry) is types.FunctionType]
            elif type(value) is types.FunctionType:
                found.append(value.__code__)
    for value in list(found):
        if type(value) is types.CodeType:
            _constants(value, found)
    return tuple(spaces), tuple(dict((id(value), value) for value in found).values())


def _note_shared(shared):
    """Note the reference counts of what both walkers use differently while they work."""
    if mem is None:
        return
    # The cache of attribute look-ups refers to names; every look-up of ours would show.
    _layout.ctypes.pythonapi.PyType_ClearCache()
    for space in _SPACES:
        for value in dict.values(space):
            shared[id(value)] = -1 - ((mem[id(value) >> 3] & _RC_MASK) - 1)
        shared[id(space)] = -1 - ((mem[id(space) >> 3] & _RC_MASK) - 1)
    for value in _CONSTANTS:
        shared[id(value)] = -1 - ((mem[id(value) >> 3] & _RC_MASK) - 1)


def _own_sizes():
    """Sizes of our own code: before 3.11 it grows by a cache while it runs."""
    return dict((id(value), sys.getsizeof(value)) for value in _CONSTANTS
                if type(value) is types.CodeType)


def _plan(values):
    shared = {}
    _note_shared(shared)
    sizes = _own_sizes()
    plan = Plan()
    plan.values = bool(values)
    plan.kinds = _types.kinds()
    _frames.frames(plan)
    for found, kind, name in _facts.module_roots():
        plan.roots.append((id(found), kind, name, None))
        plan.hold(found)
        plan.targets.append(id(found))
    del found
    plan.adjust.update(shared)
    plan.sizes = sizes
    plan.traceback = _facts.object_traceback()
    if mem is None:
        plan.warnings.append('attributes, slots and locals have no names: no access to memory')
    elif sys.version_info >= (3, 11) and not _layout.layout.inline:
        plan.warnings.append('attributes have no names: the layout of this interpreter is unknown')
    return plan


def _tail(plan):
    lines = []
    for address, kind, name, thread in plan.roots:
        lines.append('{"root":%d,"kind":"%s","name":%s%s}\n' % (
            address, kind, quote(name), ',"thread":' + quote(thread) if thread else ''))
    return ''.join(lines)


def _lists(marker):
    """The collector's lists, one for each generation if it says so, without own objects."""
    if _GENERATIONS[0] is not None:
        lists = [gc.get_objects(generation=generation) for generation in _GENERATIONS]
        young = lists[0]
        for at in range(len(young) - 1, -1, -1):
            if young[at] is marker:
                del young[at:]
                break
        return lists
    last = []
    every = gc.get_objects()              # the youngest generation first
    first = None
    for at in range(len(every)):
        if every[at] is marker:
            first = at
        elif every[at] is last:
            if first is not None:
                del every[first:at + 1]
            break
    return [every]


def _write(output, marker, plan, head):
    tail = _tail(plan)
    lists = _lists(marker)
    try:
        if _accelerated.available():
            _accelerated.walk(output, lists, plan, head, tail)
            output.finish()
        else:
            _walk_all(output, lists, plan, head, tail)
    finally:
        del lists[:]


def _walk_all(output, lists, plan, head, tail):
    output.parts.append(head)
    walk = _walk.Walk(output, plan)
    walk.run(lists, _GENERATIONS, plan.rows, plan.targets)
    output.parts.append(tail)
    output.parts.append(
        '{"end":1,"objects":%d,"references":%d,"types":%d,"strings":%d,"roots":%d}\n'
        % (walk.objects, walk.references, len(walk.infos), len(walk.strings),
           walk.roots + len(plan.roots)))
    output.close()


def _forked(output, marker, plan, head):
    if _accelerated.available() and (not output.gzip or _accelerated._heapsnap.can_gzip):
        # The child runs C only: no at-fork hook of anybody is called, here or there.
        pid = _accelerated.walk(output, [], plan, head, _tail(plan), marker)
    else:
        pid = os.fork()
    if pid:
        os.close(output.fd)
        _children.append(pid)
        return pid
    status = 1
    try:
        _write(output, marker, plan, head)
        status = 0
    except BaseException:
        output.abandon()
    finally:
        os._exit(status)


def _reap():
    """Wait for children that are done, so that none stays a zombie for longer than one dump."""
    for pid in list(_children):
        try:
            done = os.waitpid(pid, os.WNOHANG)[0]
        except OSError:
            done = pid
        if done:
            _children.remove(pid)


_SPACES, _CONSTANTS = (), ()
_SPACES, _CONSTANTS = _shared_objects()
