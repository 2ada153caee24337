# SPDX-License-Identifier: MIT
"""What a walker must know about a type, in plain numbers: names, sizes, members, kind.

Types are only looked at through the builtin descriptors of `type`, so that a metaclass with
its own __getattribute__ or __module__ is never asked.
"""
import _io
import collections
import sys
import threading
import types
import weakref

from . import _layout
from ._layout import layout, mem

try:
    from _json import encode_basestring_ascii as quote
except ImportError:
    from json.encoder import encode_basestring_ascii as quote

# How the items of a container are found.
LIST, TUPLE, DICT, SET, DEQUE, STRING, BYTES = range(1, 8)
CONTAINERS = {
    id(list): LIST, id(tuple): TUPLE, id(dict): DICT, id(set): SET, id(frozenset): SET,
    id(collections.deque): DEQUE, id(str): STRING, id(bytes): BYTES, id(bytearray): BYTES,
}
# Where the text of an object comes from; from VALUE on only with values=True.
(MODULE, TYPE, FUNCTION, METHOD, BUILTIN, CODE, FRAME) = range(1, 8)
VALUE = 8
(TEXT_STR, TEXT_BYTES, TEXT_INT, TEXT_FLOAT, TEXT_BOOL) = range(VALUE, VALUE + 5)
TEXTS = {
    id(types.ModuleType): MODULE, id(type): TYPE, id(types.FunctionType): FUNCTION,
    id(types.MethodType): METHOD, id(types.BuiltinFunctionType): BUILTIN,
    id(types.CodeType): CODE, id(types.FrameType): FRAME,
}
VALUE_TEXTS = {
    id(str): TEXT_STR, id(bytes): TEXT_BYTES, id(int): TEXT_INT, id(float): TEXT_FLOAT,
    id(bool): TEXT_BOOL,
}
# How the names of fast locals are found: not at all, in a frame, in a generator (3.11).
LOCALS_FRAME, LOCALS_GENERATOR = 1, 2
# Where the __dict__ pointer is: nowhere, at an offset, counted from the end, managed (3.11).
# What a named field is: counted among the slots, among the internals, or always there, though
# the collector is not shown it.
INTERNAL, SLOT, HIDDEN = range(3)
DICT_NONE, DICT_OFFSET, DICT_FROM_END, DICT_MANAGED = range(4)

# By id everywhere: a metaclass may have an __eq__ and a __hash__ of its own.
WEAK = (id(weakref.ref), id(weakref.ProxyType), id(weakref.CallableProxyType))
GENERATORS = tuple(id(kind) for kind in layout.generators)
FIELDS = dict((id(kind), fields) for kind, fields in layout.fields.items())

_KINDS = [
    ('module', types.ModuleType), ('type', type), ('frame', types.FrameType),
    ('function', types.FunctionType), ('method', types.MethodType),
    ('builtin', types.BuiltinFunctionType), ('dict', dict), ('list', list), ('tuple', tuple),
    ('set', set), ('set', frozenset), ('str', str), ('bytes', bytes), ('bool', bool),
    ('int', int), ('float', float), ('none', type(None)),
    ('cell', type((lambda x: lambda: x)(0).__closure__[0])), ('code', types.CodeType),
    ('generator', types.GeneratorType), ('generator', types.AsyncGeneratorType),
    ('coroutine', types.CoroutineType), ('weakref', weakref.ref),
    ('weakref', weakref.ProxyType), ('weakref', weakref.CallableProxyType),
    ('property', property), ('descriptor', types.GetSetDescriptorType),
    ('descriptor', types.MemberDescriptorType), ('descriptor', type(str.join)),
    ('descriptor', type(object.__init__)), ('descriptor', classmethod),
    ('descriptor', staticmethod), ('descriptor', type(dict.__dict__['fromkeys'])),
    ('exception', BaseException), ('traceback', types.TracebackType), ('file', _io._IOBase),
    ('thread', threading.Thread),
]
_LATER = [('socket', '_socket', 'socket'), ('task', '_asyncio', 'Task'),
          ('task', 'asyncio.tasks', '_PyTask')]
_METHOD_DESCRIPTOR = type(str.join)
_SLOT_WRAPPER = type(object.__init__)
_module_dict = types.ModuleType.__dict__['__dict__'].__get__
_OBJECT_SIZEOF = object.__dict__['__sizeof__']


def kinds():
    """id(type) -> kind, with the types of modules that the process has loaded by now."""
    table = dict((id(kind_type), kind) for kind, kind_type in _KINDS)
    for kind, module, name in _LATER:
        found = sys.modules.get(module)
        if type(found) is types.ModuleType:
            found = _module_dict(found).get(name)
            if isinstance_type(found):
                table[id(found)] = kind
    return table


def names(t):
    """(name, module or None) of a type, both exact strings."""
    name = type_text(t)
    try:
        module = _layout.type_module(t)
    except AttributeError:
        module = None
    if type(module) is not str or module == 'builtins':
        module = None
    return name, module


def type_text(t):
    return _layout.type_qualname(t)


def describe(t, kind_of, values):
    """The row of a type, as a tuple that both walkers unpack. Looks only at `t`'s own memory."""
    mro = _layout.type_mro(t)
    if type(mro) is not tuple:
        mro = (t,)
    flags = _layout.type_flags(t)
    heap = bool(flags & _layout.HEAP_TYPE)
    kind, container = 'instance', 0
    finalizer = False
    sizer = None
    weak = locals_mode = 0
    for base in mro:
        if kind == 'instance':
            kind = kind_of.get(id(base), kind)
        container = container or CONTAINERS.get(id(base), 0)
        if not isinstance_type(base):
            continue
        entries = _layout.type_dict(base) or {}      # None: a static type not yet in use
        if sizer is None and type(entries.get('__sizeof__')) is _METHOD_DESCRIPTOR:
            sizer = entries['__sizeof__']
        if (_layout.type_flags(base) & _layout.HEAP_TYPE and '__del__' in entries
                and type(entries['__del__']) is not _SLOT_WRAPPER):
            finalizer = True
        if id(base) in WEAK and layout.weak is not None:
            weak = layout.weak
        if base is types.FrameType and layout.frame_locals is not None:
            locals_mode = LOCALS_FRAME
        if id(base) in GENERATORS:
            locals_mode = LOCALS_GENERATOR
    if sizer is _OBJECT_SIZEOF:
        sizer = None
    name, module = names(t)
    definition = '"name":%s%s,"object":%d%s%s}\n' % (
        quote(name), ',"module":' + quote(module) if module else '', id(t),
        ',"kind":"%s"' % kind if kind != 'instance' else '',
        ',"finalizer":true' if finalizer else '')
    is_gc = bool(flags & _layout.IS_GC)
    extra = (_layout.HEADER if is_gc else 0) + (16 if flags & _layout.PREHEADER else 0)
    mode, offset = _dict_place(t, flags)
    text = TEXTS.get(id(t), 0) or (VALUE_TEXTS.get(id(t), 0) if values else 0)
    if kind == 'type' and not text:
        text = TYPE
    if kind == 'module' and not text:
        text = MODULE
    inline = layout.inline if flags & _layout.MANAGED_DICT and layout.inline else 0
    if inline == _layout.EMBEDDED and not flags & _layout.INLINE_VALUES:
        inline = 0
    numpy = name == 'ndarray' and module == 'numpy' and not heap
    if not numpy:
        numpy = any(type_is_ndarray(base) for base in mro[1:])
    return (definition, heap, is_gc, _layout.type_basicsize(t), _layout.type_itemsize(t), extra,
            sizer, container, mode, offset, inline, _members(t, mro, numpy, text == TYPE), text, weak,
            locals_mode, id(t))


def isinstance_type(base):
    """True for what really is a type (an __mro__ made by a metaclass may hold anything)."""
    return any(found is type for found in _layout.type_mro(type(base)))


def type_is_ndarray(base):
    if not isinstance_type(base) or _layout.type_flags(base) & _layout.HEAP_TYPE:
        return False
    return names(base) == ('ndarray', 'numpy')


def _dict_place(t, flags):
    if flags & _layout.MANAGED_DICT:
        # Where the pointer is was measured together with the inline values.
        return (DICT_MANAGED, 0) if layout.inline else (DICT_NONE, 0)
    offset = _layout.type_dictoffset(t)
    if mem is None or not offset:
        return DICT_NONE, 0
    return (DICT_OFFSET, offset) if offset > 0 else (DICT_FROM_END, offset)


def _members(t, mro, numpy, is_type):
    """((label, offset, INTERNAL|SLOT|HIDDEN), ...): fields that hold an object, named by the type itself."""
    found = []
    seen = set()
    base = t
    while base is not None and layout.members:
        place = SLOT if '__slots__' in (_layout.type_dict(base) or ()) else INTERNAL
        for label, offset in _member_rows(base):
            if offset not in seen:
                seen.add(offset)
                found.append((label, offset, place))
        for label, offset in FIELDS.get(id(base), ()):
            if base is not types.ModuleType and offset not in seen:
                seen.add(offset)
                # Copies: the rows of a walk must not refer to what it counts references of.
                found.append((label[:1] + label[1:], offset + 0, INTERNAL))
        base = _layout.type_base(base)
    if numpy:
        # PyArrayObject: data, nd, dimensions, strides, base, descr: part of NumPy's binary
        # interface. The array is not known to the collector.
        found += [('base', 48, INTERNAL), ('dtype', 56, INTERNAL)]
    if is_type and layout.subclasses is not None:
        found.append(('__subclasses__', layout.subclasses + 0, HIDDEN))
    return tuple(found)


def _member_rows(base):
    """(name, offset) of the object fields in a type's member table."""
    row = mem[(id(base) + _layout.TP_MEMBERS) >> 3]
    for _ in range(1000):
        if not row or not mem[row >> 3]:
            return
        kind = mem[(row + 8) >> 3] & 0xffffffff
        flags = mem[(row + 24) >> 3] & 0xffffffff
        if kind in (_layout.T_OBJECT, _layout.T_OBJECT_EX) and not flags & 8:
            name = _layout.ctypes.string_at(mem[row >> 3]).decode('utf-8', 'replace')
            yield name, mem[(row + 16) >> 3]
        row += 40
