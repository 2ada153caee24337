# SPDX-License-Identifier: MIT
"""Frames of all threads as roots.

Up to 3.10 every frame is an object, and sys._current_frames() only hands out what exists.
From 3.11 on a running frame is a record on the thread's own stack, and asking for it as an
object would create one that lives as long as the function runs. So the records are read where
they are; each is written as an object under its own address, with its locals. The offsets are
measured at import, like those of _layout.py; without them a warning says that frames are missing.
"""
import os
import struct
import sys
import threading
import time
import types

from . import _layout
from ._layout import ctypes, layout, mem, objs

_THREAD, _C_STACK = 0, 3                  # who owns a frame record
_OWN_FOLDER = os.path.dirname(os.path.abspath(__file__))
_getattribute = object.__getattribute__


class _Stacks(object):
    """Where thread states and frame records (3.11) keep what is needed here."""

    def __init__(self):
        self.known = False
        self.current = None               # offset in a thread state
        self.indirect = None              # offset in what that points to, or None
        if layout.threads is None or not hasattr(ctypes, 'pythonapi'):
            return
        api = ctypes.pythonapi
        names = ('PyThreadState_Get', 'PyInterpreterState_Get', 'PyInterpreterState_ThreadHead',
                 'PyThreadState_Next')
        try:
            self.state, self.interpreter, self.head, self.next = [
                ctypes.PYFUNCTYPE(ctypes.c_void_p, *([ctypes.c_void_p] * (at >= 2)))((name, api))
                for at, name in enumerate(names)]
            self.line = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)(
                ('PyCode_Addr2Line', api))
        except AttributeError:
            return
        safe = _layout._Safe()
        try:
            self.known = self._outer(safe)
        finally:
            safe.close()

    def _outer(self, safe):
        frames = []
        try:
            return self._inner(safe, frames)
        finally:
            del frames[:]                 # a frame that holds itself would be garbage

    def _inner(self, safe, frames):
        """Finds its own record and its caller's in the memory around the thread state."""
        frames += (sys._getframe(), sys._getframe(1))
        record = mem[(id(frames[0]) + layout.frame_base) >> 3]
        previous = mem[(id(frames[1]) + layout.frame_base) >> 3]
        words = safe.words(record, layout.frame_locals // 8)
        state = self.state()
        thread = safe.words(state, 64)
        ident = threading.get_ident()
        if previous not in words or ident not in thread:
            return False
        self.previous = words.index(previous) * 8
        self.ident = thread.index(ident) * 8
        # The kernel's number of a thread stands behind its own: it tells whether the thread lives.
        self.native = self.ident + 8
        if thread[self.native // 8] != threading.get_native_id():
            self.native = None
        own = frames[0].f_code
        code = id(own)
        start = code + _layout.type_basicsize(types.CodeType)
        inside = [at for at, word in enumerate(words)
                  if start <= word < start + len(own.co_code) + 8]
        if len(inside) != 1:
            return False
        self.instruction = inside[0] * 8
        shift = {11: 5, 12: 6, 13: 6}.get(sys.version_info[1], 2)
        self.owner_shift = shift * 8
        generator = _yielding()
        next(generator)
        base = id(generator) + layout.generator_base + layout.frame_locals - 8
        if (words[-1] >> self.owner_shift & 0xff != _THREAD
                or mem[base >> 3] >> self.owner_shift & 0xff != 1):
            return False
        # Calls of C functions only from here on: a Python function would be the newest record.
        thread = struct.unpack('<64Q', os.pread(safe.fd, 512, state))
        for at, word in enumerate(thread):
            if word == record:
                self.current, self.indirect = at * 8, None
                return True
            if not word or word & 7:
                continue
            try:
                near = struct.unpack('<2Q', os.pread(safe.fd, 16, word))
            except (OSError, OverflowError, struct.error):
                continue
            if record in near:
                self.current, self.indirect = at * 8, near.index(record) * 8
                return True
        return False


def _yielding():
    yield


_stacks = _Stacks() if sys.version_info >= (3, 11) else None


def thread_names():
    """ident -> name, read without a lock and without asking the Thread object."""
    found = {}
    for ident, thread in list(dict.items(threading._active)):
        name = None
        if not any('_name' in _layout.type_dict(base)
                   for base in _layout.type_mro(type(thread))):
            try:
                name = _getattribute(thread, '_name')
            except AttributeError:
                pass
        found[ident] = name if type(name) is str else 'Thread-%d' % ident
    return found


def alone():
    """Is this the only thread of the process?

    sys._current_frames() would follow the stacks of threads that the interpreter believes in, but
    that are gone: see _lives().
    """
    try:
        return len(os.listdir('/proc/self/task')) == 1
    except OSError:
        return len(sys._current_frames()) == 1


def _tasks():
    try:
        return frozenset(map(int, os.listdir('/proc/self/task')))
    except OSError:
        return None


def _lives(state, tasks):
    """Is there a thread to this state?

    A program that forks without telling the interpreter (uWSGI) leaves states in the child whose
    threads are the parent's; their stacks are anybody's memory. The number of the thread that
    forked is stale as well: it is the main thread now.
    """
    if tasks is None or _stacks.native is None:
        return True
    if mem[(state + _stacks.native) >> 3] in tasks:
        return True
    return mem[(state + _stacks.ident) >> 3] == threading._main_thread._ident


def frames(plan):
    """Fill plan.rows and plan.roots; addresses of own frames go to plan.skip."""
    names = thread_names()
    if sys.version_info < (3, 11):
        _frame_objects(plan, names)
    elif _stacks.known:
        # Another thread must not run while its stack is read, which takes a few milliseconds.
        # Whoever waits for the lock asks for it after one interval: let those requests pass.
        interval = sys.getswitchinterval()
        if len(names) > 1:
            sys.setswitchinterval(0.2)
            ready = time.perf_counter() + interval * 2
            while time.perf_counter() < ready:
                pass
        try:
            _frame_records(plan, names)
        finally:
            if len(names) > 1:
                sys.setswitchinterval(interval)
    else:
        plan.warnings.append('frames are not shown: the layout of this interpreter is unknown')


def _name(function, path, line):
    return '%s %s:%d' % (function, os.path.basename(path), line)


def _own(code):
    return os.path.dirname(code.co_filename) == _OWN_FOLDER


def _frame_objects(plan, names):
    me = threading.get_ident()
    for ident, frame in sys._current_frames().items():
        own = ident == me
        while frame is not None:
            code = frame.f_code
            own = own and _own(code)
            if own:
                plan.skip.add(id(frame))
                if frame.f_back is not None:
                    plan.subtract(frame.f_back)       # our frame's reference to its caller
            else:
                plan.roots.append((id(frame), 'frame', _name(
                    code.co_name, code.co_filename, frame.f_lineno or 0),
                    names.get(ident, 'Thread-%d' % ident)))
                plan.hold(frame)      # its thread may leave it while the walk lets it run
                plan.targets.append(id(frame))
            frame = frame.f_back


def _frame_records(plan, names):
    tasks = _tasks()
    safe = _layout._Safe()
    try:
        _records_of_all(plan, names, tasks, safe)
    finally:
        safe.close()


def _records_of_all(plan, names, tasks, safe):
    me = _stacks.state()
    state = _stacks.head(_stacks.interpreter())
    while state:
        ident = mem[(state + _stacks.ident) >> 3]
        if state == me or _lives(state, tasks):
            own = state == me
            # Read here and not in a function, whose record would be gone by the next line.
            record = mem[(state + _stacks.current) >> 3]
            if _stacks.indirect is not None and own:
                record = mem[(record + _stacks.indirect) >> 3]
            elif _stacks.indirect is not None:
                record = (safe.locked(record + _stacks.indirect, 1) or (0,))[0]
            # A record that cannot be read ends the stack.
            words = safe.locked(record, layout.frame_locals // 8)
            while words:
                address = words[layout.frame_code // 8] & _layout.MASK
                owner = words[-1] >> _stacks.owner_shift & 0xff
                if owner < _C_STACK and tuple(safe.locked(address + 8, 1)) == (id(types.CodeType),):
                    code = _object(plan, address, False)
                    own = own and _own(code)
                    if not own and code.co_filename != '<shim>':
                        _record(plan, record, address, code,
                                names.get(ident, 'Thread-%d' % ident))
                record = words[_stacks.previous // 8]
                words = safe.locked(record, layout.frame_locals // 8)
        state = _stacks.next(state)


def _object(plan, address, keep=True):
    found = ctypes.cast(address, ctypes.py_object).value
    if keep:
        plan.hold(found)
    return found


def _record(plan, record, address, code, thread):
    line = _stacks.line(address, mem[(record + _stacks.instruction) >> 3] - address
                        - _layout.type_basicsize(types.CodeType))
    local_names, values, internal = [], [], []
    position = record + layout.frame_locals
    count = 0
    for offset in layout.code_names:
        for name in objs[(address + offset) >> 3]:
            value = mem[(position + 8 * count) >> 3] & _layout.MASK
            count += 1
            if value:
                local_names.append(name)
                values.append(value)
                _object(plan, value)
    internal.append(('f_code', address))
    _object(plan, address)
    for label, offset in (('f_func', layout.threads['function']),
                          ('frame', layout.threads['frame_obj'])):
        value = mem[(record + offset) >> 3] & _layout.MASK if offset is not None else 0
        if value and (label == 'frame' or mem[(value + 8) >> 3] == id(types.FunctionType)):
            internal.append((label, value))
            _object(plan, value)
    size = layout.frame_locals + 8 * (count + code.co_stacksize)
    plan.rows.append((record, size, '%s:%d' % (code.co_filename, max(line, 0)),
                      tuple(local_names), tuple(values),
                      tuple(name for name, _ in internal), tuple(value for _, value in internal)))
    plan.roots.append((record, 'frame', _name(code.co_name, code.co_filename, max(line, 0)),
                       thread))
