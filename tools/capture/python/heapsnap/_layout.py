# SPDX-License-Identifier: MIT
"""Where this interpreter keeps things: offsets, measured on sample objects at import.

gc.get_referents says what an object refers to, but not by which name. The names come from
reading the fields of objects whose layout differs between Python versions. No table of
versions is kept here: every offset is found by building a sample, and looking for the address
of a known value in the memory of the sample. What is not found stays None, and the references
concerned are then written without a name. Memory that a guess points to is first read through
/proc/self/mem, where a wrong address is an error and not a crash.
"""
import gc
import os
import struct
import sys
import types

try:
    import ctypes
except ImportError:          # a build without ctypes: no names but dict keys and indexes
    ctypes = None
import weakref

WORD = 8
HEADER = sys.getsizeof([]) - list.__sizeof__([])
STATIC_TYPE_EXTRA = sys.getsizeof(int) - type.__sizeof__(int)
# Objects with a managed dict (3.11) or a managed weak list (3.12) have two words more in front.
MANAGED_DICT = 1 << 4 if sys.version_info >= (3, 11) else 0
PREHEADER = 3 << 3 if sys.version_info >= (3, 12) else MANAGED_DICT
INLINE_VALUES = 1 << 2 if sys.version_info >= (3, 13) else 0
RC_MASK = 0xffffffff if sys.version_info >= (3, 12) else (1 << 64) - 1
RC_IMMORTAL = 1 << 31 if sys.version_info >= (3, 12) else 1 << 29
HEAP_TYPE = 1 << 9
IS_GC = 1 << 14
TP_MEMBERS = 240
T_OBJECT, T_OBJECT_EX = 6, 16
# Inline values: a block of their own (3.11), the same with a tagged pointer (3.12), the end of
# the object (3.13).
APART, TAGGED, EMBEDDED = 1, 2, 3
MASK = ~7                    # 3.14 keeps tags in the low bits of frame references

type_flags = type.__dict__['__flags__'].__get__
type_base = type.__dict__['__base__'].__get__
type_mro = type.__dict__['__mro__'].__get__
type_basicsize = type.__dict__['__basicsize__'].__get__
type_itemsize = type.__dict__['__itemsize__'].__get__
type_dictoffset = type.__dict__['__dictoffset__'].__get__
type_name = type.__dict__['__name__'].__get__
type_qualname = type.__dict__['__qualname__'].__get__
type_module = type.__dict__['__module__'].__get__
type_dict = type.__dict__['__dict__'].__get__


def _open_memory():
    """All of memory as an array of words (mem) and an array of object pointers (objs)."""
    # Python for the machine this was measured on: 64 bits, little-endian, with the lock.
    if (ctypes is None or struct.calcsize('P') != WORD or sys.byteorder != 'little'
            or not getattr(sys, '_is_gil_enabled', lambda: True)()
            or hasattr(sys, 'gettotalrefcount') or sys.implementation.name != 'cpython'):
        return None, None
    count = 1 << 44
    mem = (ctypes.c_uint64 * count).from_address(0)
    objs = (ctypes.py_object * count).from_address(0)
    probe = [None, None]
    at = id(probe) >> 3
    if mem[at + 1] != id(list) or mem[at + 2] != 2 or objs[at + 1] is not list:
        return None, None
    return memoryview(mem).cast('B').cast('Q'), objs


mem, objs = _open_memory()


class _Safe(object):
    """Reads of memory that may not be there."""

    def __init__(self):
        try:
            self.fd = os.open('/proc/self/mem', os.O_RDONLY | getattr(os, 'O_CLOEXEC', 0))
        except OSError:
            self.fd = -1

    def words(self, address, count):
        if self.fd < 0 or address & 7 or not 4096 <= address < 1 << 47:
            return ()
        try:
            data = os.pread(self.fd, count * WORD, address)
        except OSError:
            return ()
        return struct.unpack('<%dQ' % (len(data) // WORD), data[:len(data) // WORD * WORD])

    def locked(self, address, count):
        """As words(), and no other thread runs meanwhile: the interpreter's lock is kept."""
        if self.fd < 0 or address & 7 or not 4096 <= address < 1 << 47:
            return ()
        data = _Words()
        if count > len(data) or _pread(self.fd, data, count * WORD, address) != count * WORD:
            return ()
        return data[:count]

    def close(self):
        if self.fd >= 0:
            os.close(self.fd)


def _locked_pread():
    if ctypes is None:
        return None
    try:
        read = ctypes.PyDLL(None).pread
    except (AttributeError, OSError):
        return None
    read.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_long)
    read.restype = ctypes.c_ssize_t
    return read


_pread = _locked_pread()
_Words = None if ctypes is None else ctypes.c_uint64 * 64     # made once: an array type is a cycle


def _fields(sample, values, size=None):
    """[(label, offset)] of the values found as addresses in the memory of the sample."""
    if mem is None:
        return ()
    size = size or type_basicsize(type(sample)) + 64
    size = min(size, sys.getsizeof(sample) - HEADER if isinstance(sample, types.FrameType)
               else max(type_basicsize(type(sample)), 16))
    found = []
    start = id(sample)
    wanted = [(id(value), label) for label, value in values]
    for offset in range(2 * WORD, size, WORD):
        word = mem[(start + offset) >> 3]
        for address, label in wanted:
            if word == address:
                found.append((label, offset))
    return tuple(found)


def _text(*parts):
    return ''.join(parts)                     # a string of its own, not a shared constant


def _sample_function(free):
    default_one, default_two = [], []

    def sample(arg_one, arg_two=default_one, arg_three=default_two, *, only=free):
        return free
    sample.__annotations__ = {'arg_one': 1}
    sample.__name__ = _text('sample', '_one')
    sample.__qualname__ = _text('sample', '_two')
    return sample


def _builtin_fields():
    """type -> ((label, offset), ...) for the types whose member table does not say it all."""
    out = {}
    if mem is None:
        return out
    function = _sample_function([])
    out[types.FunctionType] = _fields(function, [
        ('__code__', function.__code__), ('__globals__', function.__globals__),
        ('__defaults__', function.__defaults__), ('__kwdefaults__', function.__kwdefaults__),
        ('__closure__', function.__closure__), ('__name__', function.__name__),
        ('__qualname__', function.__qualname__), ('__annotations__', function.__annotations__)])
    cell = function.__closure__[0]
    out[type(cell)] = _fields(cell, [('cell_contents', cell.cell_contents)])
    owner = []
    append = owner.append
    out[types.BuiltinFunctionType] = _fields(append, [('__self__', owner)])
    proxied = {}
    out[types.MappingProxyType] = _fields(types.MappingProxyType(proxied), [('mapping', proxied)])
    name = _text('heapsnap', '-sample')
    module = types.ModuleType(name)
    out[types.ModuleType] = tuple(
        (label, offset) for label, offset in _fields(module, [('__name__', name)]))
    # Only the fields that static types have too; the rest of a heap type is named by nobody.
    out[type] = _fields(_Sample, [('__bases__', _Sample.__bases__), ('__mro__', _Sample.__mro__)])
    out[type] = tuple(item for item in out[type] if item[1] < 400)
    try:
        try:
            raise ValueError('cause')
        except ValueError as error:
            cause = error
        try:
            raise KeyError(1, 2) from cause
        except KeyError as error:
            context = OSError()
            error.__context__ = context
            trace = error.__traceback__
            out[BaseException] = tuple(item for item in _fields(error, [
                ('args', error.args), ('__traceback__', trace), ('__context__', context),
                ('__cause__', cause)]) if item[1] < type_basicsize(BaseException))
            out[types.TracebackType] = _fields(trace, [('tb_frame', trace.tb_frame)])
    finally:
        cause = context = trace = error = None
    return out


def _hash_slot(fields, label):
    for name, offset in fields:
        if name == label:
            return offset
    return None


class Layout(object):
    """The numbers that the walkers need; None (or 0 where noted) means unknown."""

    def __init__(self):
        self.fields = _builtin_fields()
        self.inline = 0              # APART, TAGGED or EMBEDDED: how inline values are kept
        self.cached_keys = None      # offset of ht_cached_keys in a type
        self.subclasses = None       # offset of tp_subclasses, which the collector is not shown
        self.weak = None             # offset of wr_object
        self.code_names = ()         # offsets of the tuples that name fast locals, in order
        self.code_free = None        # offset of the tuple whose end names the closure's cells
        self.code_name = None        # offset of co_qualname, or co_name before 3.11
        self.frame_base = None       # frame object -> interpreter frame (3.11), else None
        self.frame_code = None       # offset of the code in the frame (or interpreter frame)
        self.frame_locals = None     # offset of the first local in the same
        self.generator_base = None   # offset of the interpreter frame in a generator (3.11)
        self.generators = ()         # the types that have it
        self.members = False         # tp_members is where we think
        self.threads = None          # see _frames.py; offsets in thread states (3.11)
        if mem is None:
            return
        safe = _Safe()
        try:
            self._measure(safe)
        finally:
            safe.close()

    def _measure(self, safe):
        table = safe.words(mem[(id(property) + TP_MEMBERS) >> 3], 2)
        if table:
            raw = safe.words(table[0] & MASK, 2)
            self.members = bool(raw) and ctypes.string_at(table[0], 5) == b'fget\0'
        target = _Sample()
        ref = weakref.ref(target)
        found = _fields(ref, [('weak', target)])
        self.weak = found[0][1] if len(found) == 1 else None
        for offset in range(304, 400, WORD):
            word = mem[(id(_Sample) + offset) >> 3]
            head = safe.words(word, 2)
            if len(head) == 2 and head[1] == id(dict) and id(_SampleChild) in objs[
                    (id(_Sample) + offset) >> 3]:
                self.subclasses = offset
        self._measure_inline(safe)
        self._measure_code(safe)
        if self.code_names:
            if sys.version_info >= (3, 11):
                self._measure_frames()
            else:
                self._measure_old_frames()

    def _measure_inline(self, safe):
        sample_type = _SampleClass
        qualname = type_qualname(sample_type)
        at = [offset for offset in range(400, type_basicsize(type), WORD)
              if mem[(id(sample_type) + offset) >> 3] == id(qualname)]
        if not MANAGED_DICT or not at:
            return
        self.cached_keys = at[-1] + WORD     # ht_name, ht_slots, ht_qualname, ht_cached_keys
        first, second = [], []
        sample = sample_type()
        sample.first = first
        sample.second = second
        keys = mem[(id(sample_type) + self.cached_keys) >> 3]
        head = safe.words(keys, 64)
        if len(head) < 64 or head[1] >> 16 & 0xff != 2 or head[3] != 2:
            self.cached_keys = None
            return
        entry = keys + 32 + (1 << (head[1] >> 8 & 0xff))
        names = safe.words(entry, 3)
        if len(names) < 3 or names[0] != id(sys.intern('first')) or names[2] != id(
                sys.intern('second')):
            self.cached_keys = None
            return
        wanted = (id(first), id(second))
        at = id(sample) >> 3
        if INLINE_VALUES and type_flags(sample_type) & INLINE_VALUES:
            block = safe.words(id(sample) + type_basicsize(sample_type), 3)
            if block[1:3] == wanted and block[0] >> 24 & 0xff == 1 and block[0] & 0xff >= 2:
                self.inline = EMBEDDED
        elif mem[at - 3] & 1 and safe.words(mem[at - 3] + 1, 2) == wanted:
            self.inline = TAGGED
        elif safe.words(mem[at - 4], 2) == wanted:
            self.inline = APART
        # The same after the dict was asked for: the pointer must be where it is read.
        made = sample.__dict__
        if mem[at - 3] != id(made) or self.inline == EMBEDDED and mem[
                (id(made) + 40) >> 3] != id(sample) + type_basicsize(sample_type):
            self.inline = 0

    def _measure_code(self, safe):
        code = _sample_function([]).__code__
        varnames = ('arg_one', 'arg_two', 'arg_three', 'only')
        wanted = [id(sys.intern(name)) for name in varnames]
        old = {}
        for offset in range(16, type_basicsize(types.CodeType), WORD):
            word = mem[(id(code) + offset) >> 3]
            if word == id(code.co_name):
                self.code_name = self.code_name or offset
            if getattr(code, 'co_qualname', None) is not None and word == id(code.co_qualname):
                old['qualname'] = offset
            head = safe.words(word, 8)
            if len(head) < 8 or head[1] != id(tuple):
                continue
            if head[2] == 5 and list(head[3:7]) == wanted and head[7] == id(sys.intern('free')):
                self.code_names = (offset,)
                self.code_free = offset
            elif head[2] == 4 and list(head[3:7]) == wanted:
                old['varnames'] = offset
            elif head[2] == 1 and head[3] == id(sys.intern('free')):
                old['freevars'] = offset
        self.code_name = old.get('qualname', self.code_name)
        if 'varnames' in old and 'freevars' in old and sys.version_info < (3, 11):
            # co_varnames, co_freevars, co_cellvars follow one another in this order.
            self.code_names = (old['varnames'], old['freevars'] + WORD, old['freevars'])
            self.code_free = old['freevars']

    def _measure_old_frames(self):
        local = []
        generator = _sample_generator(local)
        next(generator)
        frame = generator.gi_frame
        fields = dict(_fields(frame, [('code', generator.gi_code)]))
        for offset in range(type_basicsize(type(frame)) - WORD, 64, -WORD):
            if mem[(id(frame) + offset) >> 3] == id(local):
                fields['locals'] = offset
        # The samples' only local is also its only argument, hence local number 0.
        if 'code' in fields and 'locals' in fields:
            self.frame_code, self.frame_locals = fields['code'], fields['locals']
        for kind, label in _GENERATORS:
            self._measure_generator(kind, label)

    def _measure_frames(self):
        local = []
        generator = _sample_generator(local)
        next(generator)
        try:
            self._measure_generator_frame(generator, local)
        finally:
            generator.close()

    def _measure_generator_frame(self, generator, local):
        start, code = id(generator), id(generator.gi_code)
        size = type_basicsize(types.GeneratorType) + 4 * WORD
        frame = generator.gi_frame
        inside = [offset for offset in range(16, 64, WORD)
                  if start < mem[(id(frame) + offset) >> 3] < start + size]
        if len(inside) != 1:
            return
        base = mem[(id(frame) + inside[0]) >> 3]
        at = dict((mem[address >> 3] & MASK, address - base)
                  for address in range(start + size - WORD, base - WORD, -WORD))
        if code not in at or id(local) not in at or id(frame) not in at:
            return
        self.frame_base = inside[0]
        self.frame_code, self.frame_locals = at[code], at[id(local)]
        self.generator_base = base - start
        self.threads = {'frame_obj': at[id(frame)], 'function': at.get(id(_sample_generator))}
        for kind, label in _GENERATORS:
            self._measure_generator(kind, label)
        self.generators = tuple(kind for kind, label in _GENERATORS)

    def _measure_generator(self, kind, label):
        sample = _FUNCTIONS[kind]([])
        sample.__name__ = _text('sample', '_one')
        sample.__qualname__ = _text('sample', '_two')
        values = [('__name__', sample.__name__), ('__qualname__', sample.__qualname__),
                  (label + '_code', getattr(sample, label + '_code')),
                  ('f_func', _FUNCTIONS[kind])]
        if sys.version_info < (3, 11):
            values.append((label + '_frame', getattr(sample, label + '_frame')))
        self.fields[kind] = _fields(sample, values)
        if hasattr(sample, 'close'):
            sample.close()               # a coroutine that never ran would warn


class _Sample(object):
    pass


class _SampleChild(_Sample):
    pass


# A class is a cycle: samples are kept, for else they would be garbage in the first dumps.
_SampleClass = type(_text('Sample', 'Class'), (), {'__module__': __name__})


def _sample_generator(local):
    yield local


async def _sample_coroutine(local):
    return local


async def _sample_async_generator(local):
    yield local


_FUNCTIONS = {types.GeneratorType: _sample_generator, types.CoroutineType: _sample_coroutine,
              types.AsyncGeneratorType: _sample_async_generator}
_GENERATORS = ((types.GeneratorType, 'gi'), (types.CoroutineType, 'cr'),
               (types.AsyncGeneratorType, 'ag'))

layout = Layout()
