# SPDX-License-Identifier: MIT
"""The walk in pure Python: every object once, its references named, one line each.

Operations: Walk(out, plan).run(lists) writes everything between the first and the last line.
Cost: about 5 us an object; beside the lists of the collector (8 bytes an object) one byte for
every 16 bytes of address space that holds objects. Own references: the list and the loop
variable are subtracted; tables are keyed by address and hold no object, but for the few noted
in `adjust`. src/walk.c does the same, rule by rule: the output of both is the same to the byte.
"""
import gc
import re
import sys
import types

from . import _facts
from . import _layout
from . import _types
from ._layout import layout, mem, objs
from ._types import quote

LABEL_MAX = 40               # a longer key is data
KEY_STRINGS_MAX = 65536      # so many different keys are data, too
TEXT_MAX = 100
FLUSH_LINES = 4096
_identifier = re.compile('[A-Za-z_][A-Za-z0-9_]*').fullmatch
_FunctionType = types.FunctionType
_closure = next((offset for label, offset in layout.fields.get(_FunctionType, ())
                 if label == '__closure__'), None)
_defaults = next((offset for label, offset in layout.fields.get(_FunctionType, ())
                  if label == '__defaults__'), None)
_code = next((offset for label, offset in layout.fields.get(_FunctionType, ())
              if label == '__code__'), None)
_function_name = next((offset for label, offset in layout.fields.get(_FunctionType, ())
                       if label == '__qualname__'), None)
_module_name = next((offset for label, offset in layout.fields.get(types.ModuleType, ())
                     if label == '__name__'), None)
_FINALIZED = _layout.HEADER - 16 if sys.version_info < (3, 8) else 8
_is_tracked = gc.is_tracked
_get_referents = gc.get_referents
_VISITS_FREED = sys.version_info[:2] == (3, 12)
_module_dict = types.ModuleType.__dict__['__dict__'].__get__
_getrefcount = sys.getrefcount
_MASK = _layout.MASK
_TAGGED, _EMBEDDED = _layout.TAGGED, _layout.EMBEDDED
_RC_MASK = _layout.RC_MASK
_RC_IMMORTAL = _layout.RC_IMMORTAL
_LENGTH_OFFSET = {_types.LIST: 16, _types.TUPLE: 16, _types.DICT: 16, _types.SET: 24,
                  _types.DEQUE: 16, _types.STRING: 16, _types.BYTES: 16}
(_LIST, _TUPLE, _DICT, _SET, _DEQUE, _STRING, _BYTES) = range(1, 8)
_traceback_at = _facts.traceback_at
_FORGOTTEN = _layout.HEADER if _traceback_at is not None else 1 << 20
_SLOT, _HIDDEN = _types.SLOT, _types.HIDDEN
_id_list, _id_tuple, _id_dict = id(list), id(tuple), id(dict)
_id_code = id(types.CodeType)


class Walk(object):
    """One walk. `plan` is made by _dump.py and is the same for both walkers."""

    __slots__ = ('out', 'parts', 'kinds', 'values', 'sizes', 'skip', 'adjust', 'traceback',
                 'infos', 'strings', 'keys', 'key_strings', 'stacks', 'frames', 'pages',
                 'pending', 'closures', 'defaults', 'visits_freed', 'objects', 'references',
                 'roots')

    def __init__(self, out, plan):
        self.out = out                    # a sink: out.parts is a list, out.flush() writes it
        self.parts = out.parts
        self.kinds = plan.kinds
        self.values = plan.values
        self.sizes = plan.sizes           # of the capture's own code
        self.skip = plan.skip             # addresses of the capture's own frames
        self.adjust = plan.adjust         # address -> references to subtract, or -(count) - 1
        self.traceback = plan.traceback   # None, or the function that gives allocation stacks
        self.infos = {}                   # id(type) -> row
        self.strings = {}
        self.keys = {}                    # the strings that are keys, too
        self.key_strings = 0
        self.stacks = {}
        self.frames = {}
        self.pages = {}                   # address >> 20 -> one byte per 16 bytes: seen
        self.pending = []                 # reached, not yet written
        self.closures = {}                # tuple -> function whose __closure__ it is
        self.defaults = {}
        # In 3.12 the traversal of this module shows iterators that were freed and wait for their next
        # use. A reference to one, given back, frees it once more, and the process never ends.
        self.visits_freed = id(sys.modules.get('_asyncio')) if _VISITS_FREED else None
        self.objects = self.references = self.roots = 0

    def run(self, lists, generations, rows, targets):
        """Write all objects of `lists`, of `rows` (frames without an object) and what they reach."""
        for objects in lists:
            self._mark_all(objects)
        for generation, objects in zip(generations, lists):
            self._each(objects, '' if generation is None else ',"gen":%d' % generation)
        for row in rows:
            self._row(row)
        for address in targets:
            self._push_address(address)
        self._drain()

    def _mark_all(self, objects):
        pages = self.pages
        closures, defaults = self.closures, self.defaults
        for o in objects:
            i = id(o)
            page = pages.get(i >> 20)
            if page is None:
                page = pages[i >> 20] = bytearray(65536)
            page[i >> 4 & 65535] = 1
            if type(o) is _FunctionType and _code is not None:
                if mem[i + _closure >> 3]:
                    closures.setdefault(mem[i + _closure >> 3], i)
                if mem[i + _defaults >> 3]:
                    defaults.setdefault(mem[i + _defaults >> 3], i)

    def _each(self, objects, gen):
        emit, skip, pending, parts = self._emit, self.skip, self.pending, self.parts
        for o in objects:
            i = id(o)
            rc = (mem[i >> 3] & _RC_MASK) - 2 if mem is not None else _getrefcount(o) - 3
            if i in skip:
                continue
            emit(o, i, rc, 1, gen)
            if pending:
                self._drain()
            if len(parts) > FLUSH_LINES:
                self.out.flush()
        o = None

    def _drain(self):
        emit, pending, parts = self._emit, self.pending, self.parts
        while pending:
            o = pending.pop()
            i = id(o)
            rc = (mem[i >> 3] & _RC_MASK) - 1 if mem is not None else _getrefcount(o) - 2
            if i in self.skip:
                continue
            emit(o, i, rc, 0, '')
            if len(parts) > FLUSH_LINES:
                self.out.flush()

    def _push(self, o):
        i = id(o)
        page = self.pages.get(i >> 20)
        if page is None:
            page = self.pages[i >> 20] = bytearray(65536)
        i = i >> 4 & 65535
        if not page[i]:
            page[i] = 1
            self.pending.append(o)

    def _push_address(self, address):
        page = self.pages.get(address >> 20)
        if page is None or not page[address >> 4 & 65535]:
            if mem is not None:
                self._push(_layout.ctypes.cast(address, _layout.ctypes.py_object).value)

    def _push_all(self, objects):
        pages = self.pages
        for o in objects:
            i = id(o)
            page = pages.get(i >> 20)
            if page is None:
                page = pages[i >> 20] = bytearray(65536)
            i = i >> 4 & 65535
            if not page[i]:
                page[i] = 1
                self.pending.append(o)

    def _hold(self, o):
        """From now on a table of ours refers to `o`."""
        count = self.adjust.get(id(o), 0)
        if count >= 0:
            self.adjust[id(o)] = count + 1

    def _define_type(self, t):
        row = _types.describe(t, self.kinds, self.values)
        if row[6] is not None:
            self._hold(row[6])
        number = len(self.infos)
        self.parts.append('{"type":%d,%s' % (number, row[0]))
        info = (number,) + row[1:]
        self.infos[id(t)] = info
        self._push(t)
        return info

    def _label(self, name):
        number = self.strings.get(name)
        if number is None:
            number = self.strings[name] = len(self.strings)
            self._hold(name)
            self.parts.append('{"string":%d,"text":%s}\n' % (number, quote(name)))
        return number

    def _key(self, key):
        """The string id of a dict key that may be kept, or -1."""
        number = self.keys.get(key)
        if number is not None:
            return number
        if len(key) > LABEL_MAX or not _identifier(key):
            return -1
        if key not in self.strings:
            if self.key_strings >= KEY_STRINGS_MAX:
                return -1
            self.key_strings += 1
        number = self.keys[key] = self._label(key)
        self._hold(key)
        return number

    def _stack(self, o, i, extra):
        if extra > _FORGOTTEN:
            trace = _traceback_at(0, i - extra)
        else:
            trace = self.traceback(o)
        if not trace:
            return ''
        numbers = []
        for place in trace:
            key = (id(place[0]), place[1])
            number = self.frames.get(key)
            if number is None:
                number = self.frames[key] = len(self.frames)
                self.parts.append('{"frame":%d,"file":%s,"line":%d}\n' % (
                    number, quote(place[0]), place[1]))
            numbers.append(number)
        key = tuple(numbers)
        number = self.stacks.get(key)
        if number is None:
            number = self.stacks[key] = len(self.stacks)
            self.parts.append('{"stack":%d,"frames":[%s]}\n' % (
                number, ','.join(map(str, numbers))))
        return ',"stack":%d' % number

    def _emit(self, o, i, rc, flags, gen):
        info = self.infos.get(id(type(o)))
        if info is None:
            info = self._define_type(type(o))
        (number, heap, is_gc, size, itemsize, extra, sizer, container, dict_mode, dict_offset,
         inline, members, text, weak, locals_mode, type_id) = info
        if sizer is None:
            if itemsize:
                size += itemsize * _items(o, i)
        else:
            try:
                size = sizer(o)
            except Exception:
                size += itemsize * _items(o, i) if itemsize else 0
        if text == 2 and not _layout.type_flags(o) & 512:
            is_gc = False                 # a static type is not known to the collector
            if not _layout.STATIC_TYPE_EXTRA:
                extra = 0
        if is_gc:
            if not flags and _is_tracked(o):
                flags = 1
            if mem is not None and mem[i - _FINALIZED >> 3] & 1:
                flags |= 4
        size += extra
        if text == 6:
            size = self.sizes.get(i, size)
        line = '{"object":%d,"type":%d,"size":%d' % (i, number, size)
        if rc >= _RC_IMMORTAL - 8:
            flags |= 2
        else:
            count = self.adjust.get(i)
            if count is not None:
                rc = rc - count if count >= 0 else -1 - count
            line += ',"rc":%d' % rc
        if container:
            length = _length(o, i, container)
            if length:
                line += ',"len":%d' % length
        if flags:
            line += ',"flags":%d' % flags
        line += gen
        if text:
            line += self._text(o, i, text)
        if self.traceback is not None:
            line += self._stack(o, i, extra)
        self.objects += 1
        if is_gc or members or weak or heap or dict_mode:
            if type_id == _id_dict:
                line += self._dict_entries(o, i)
            elif type_id == _id_list or type_id == _id_tuple:
                line += self._items(o, i, length, type_id)
            else:
                line += self._other(o, i, info, is_gc, length if container else 0)
        self.parts.append(line + '}\n')
        if text == 2 and not is_gc:
            self.roots += 1
            name, module = _types.names(o)
            self.parts.append('{"root":%d,"kind":"static","name":%s}\n' % (
                i, quote(module + '.' + name if module else name)))

    def _dict_entries(self, o, i):
        if _borrows and mem[i + 40 >> 3] and mem[mem[i + 40 >> 3] >> 3] >> 16 & 0xff:
            return ''                     # the instance shows the values as its attributes
        flat = []
        pages = self.pages
        strings = self.strings
        for k, v in dict.items(o):
            i = id(k)
            j = id(v)
            if type(k) is str:
                number = self._key(k)
            else:
                number = -1
            flat.append('%d,%d,%d' % (number, i, j))
            page = pages.get(i >> 20)
            if page is None:
                page = pages[i >> 20] = bytearray(65536)
            i = i >> 4 & 65535
            if not page[i]:
                page[i] = 1
                self.pending.append(k)
            page = pages.get(j >> 20)
            if page is None:
                page = pages[j >> 20] = bytearray(65536)
            j = j >> 4 & 65535
            if not page[j]:
                page[j] = 1
                self.pending.append(v)
        self.references += 2 * len(flat)
        return ',"dict":[%s]' % ','.join(flat) if flat else ''

    def _items(self, o, i, length, type_id):
        found = _get_referents(o)
        if not found:
            return ''
        self._push_all(found)
        self.references += len(found)
        if len(found) != length:
            return ',"ref":%s' % _flat(map(id, found))
        found.reverse()
        if type_id == _id_tuple and (i in self.closures or i in self.defaults):
            labelled = self._function_part(i, found)
            if labelled is not None:
                return labelled
        return ',"item":%s' % _flat(map(id, found))

    def _function_part(self, i, items):
        """The closure or the defaults of a function, or None when the names do not fit."""
        function = self.closures.get(i)
        kind = 'cell' if function is not None else 'default'
        code = mem[(function if function is not None else self.defaults[i]) + _code >> 3]
        offsets = (layout.code_free,) if kind == 'cell' else layout.code_names[:1]
        if not offsets or offsets[0] is None:
            return None
        names = objs[code + offsets[0] >> 3]
        count = len(items)
        if kind == 'cell':
            names = names[len(names) - count:] if len(names) >= count else ()
        else:
            arguments = objs_code(code).co_argcount
            names = names[arguments - count:arguments] if arguments >= count else ()
        if len(names) != count:
            return None
        return ',"%s":%s' % (kind, _pairs([(self._label(name), id(item))
                                           for name, item in zip(names, items)]))

    def _other(self, o, i, info, is_gc, length):
        (number, heap, _, size, itemsize, extra, sizer, container, dict_mode, dict_offset,
         inline, members, text, weak, locals_mode, type_id) = info
        attr, slot, named = (), [], []
        item = entries = local = leftover = ''
        if i == self.visits_freed:
            found = [_module_dict(o)]
        else:
            found = _get_referents(o) if is_gc else []
        if found:
            self._push_all(found)
            ids = list(map(id, found))
        else:
            ids = []
        if container and container <= _DEQUE:
            if container == _DICT:
                entries, tail = self._subclass_entries(o, ids)
                del ids[len(ids) - tail:]
            elif length and len(ids) >= length:
                cut = len(ids) - length
                tail = ids[cut:]
                del ids[cut:]
                if container == _LIST or container == _TUPLE:
                    tail.reverse()
                self.references += length
                item = ',"%s":%s' % ('elem' if container == _SET else 'item', _flat(tail))
        if inline and ids:
            attr = self._inline(o, i, inline, size, ids)
        for label, offset, place in members:
            target = mem[i + offset >> 3]
            if target > 65535:            # a static type of 3.12 has an index in place of a dict
                if is_gc and place != _HIDDEN:
                    if target not in ids:
                        continue
                    ids.remove(target)
                else:
                    self._push(objs[i + offset >> 3])
                (slot if place == _SLOT else named).append((self._label(label), target))
        if locals_mode and ids:
            local = self._locals(i, locals_mode, ids, named)
        if dict_mode:
            target = self._dict_of(i, dict_mode, dict_offset, size, itemsize)
            if target:
                if target in ids:
                    ids.remove(target)
                    named.append((self._label('__dict__'), target))
                elif inline == _EMBEDDED or not is_gc:
                    # From 3.13 on the collector does not see a dict that borrows its values.
                    self._push_address(target)
                    named.append((self._label('__dict__'), target))
            elif text == 2 and not is_gc:
                target = _static_dict(o)
                if target is not None:
                    self._push(target)
                    named.append((self._label('__dict__'), id(target)))
        line = ''
        if attr:
            line = ',"attr":' + _pairs(attr)
        if slot:
            line += ',"slot":' + _pairs(slot)
        line += item + entries + local
        if named:
            line += ',"internal":' + _pairs(named)
        self.references += len(attr) + len(slot) + len(named)
        if heap:
            if type_id in ids:
                ids.remove(type_id)
            line += ',"class":%d' % type_id
            self.references += 1
        if ids:
            self.references += len(ids)
            line += ',"ref":' + _flat(ids)
        if weak:
            target = mem[i + weak >> 3]
            if target and target != _id_none:
                self._push(objs[i + weak >> 3])
                self.references += 1
                line += ',"weak":[%d]' % target
        return line

    def _subclass_entries(self, o, ids):
        """The entries of a dict's subclass, and how many of the last referents they are."""
        keys, values = [], []
        flat = []
        for k, v in dict.items(o):
            self._push(k)
            self._push(v)
            keys.append(id(k))
            values.append(id(v))
            flat.append('%d,%d,%d' % (self._key(k) if type(k) is str else -1, id(k), id(v)))
        count = len(values)
        if not count:
            return '', 0
        tail = 0
        if ids[-count:] == values:
            tail = count
        both = ids[-2 * count:]
        if len(both) == 2 * count and both[0::2] == values and both[1::2] == keys:
            tail = 2 * count
        elif len(both) == 2 * count and both[0::2] == keys and both[1::2] == values:
            tail = 2 * count
        if not tail:
            return '', 0                  # not as we think: everything stays a plain reference
        self.references += 2 * count
        return ',"dict":[%s]' % ','.join(flat), tail

    def _inline(self, o, i, mode, size, ids):
        """Attributes of which the object has no dict (3.11): named by the type's shared keys."""
        base = mem[i - 24 >> 3]
        if mode == _EMBEDDED:
            values = i + size
            head = mem[values >> 3]
            if not head >> 24 & 0xff:
                return ()
            limit = head & 0xff
            values += 8
        elif mode == _TAGGED:
            if not base & 1:
                return ()
            values, limit = base + 1, 1 << 16
        else:
            values, limit = mem[i - 32 >> 3], 1 << 16
            if not values:
                return ()
        keys = mem[mem[i + 8 >> 3] + layout.cached_keys >> 3]
        if not keys:
            return ()
        count = min(mem[keys + 24 >> 3], limit)
        entry = keys + 32 + (1 << (mem[keys + 8 >> 3] >> 8 & 0xff))
        attr = []
        for position in range(count):
            target = mem[(values >> 3) + position]
            if target and target in ids:
                ids.remove(target)
                attr.append((self._label(objs[(entry >> 3) + 2 * position]), target))
        return attr

    def _locals(self, i, mode, ids, named):
        base = i
        if mode == _types.LOCALS_GENERATOR:
            base += layout.generator_base
        elif layout.frame_base is not None:
            base = mem[i + layout.frame_base >> 3]
        if not base:
            return ''
        code = mem[base + layout.frame_code >> 3] & _MASK
        # While the collector shows the code, what follows is alive. A finished generator
        # leaves stale addresses behind.
        shown = code in ids or any(target == code for _, target in named)
        if not shown or mem[code + 8 >> 3] != _id_code:
            return ''
        found = []
        position = base + layout.frame_locals >> 3
        for offset in layout.code_names:
            for name in objs[code + offset >> 3]:
                target = mem[position] & _MASK
                position += 1
                if target and target in ids:
                    ids.remove(target)
                    found.append((self._label(name), target))
        if mode == _types.LOCALS_FRAME and code in ids:
            ids.remove(code)
            named.append((self._label('f_code'), code))
        self.references += len(found)
        return ',"local":' + _pairs(found) if found else ''

    def _dict_of(self, i, mode, offset, size, itemsize):
        if mode == 3:
            target = mem[i - 24 >> 3]
            return 0 if target & 1 else target
        if mode == 2:
            length = mem[i + 16 >> 3]
            if length >> 63:
                length = (1 << 64) - length
            offset += size + itemsize * length + 7 & ~7
        return mem[i + offset >> 3]

    def _text(self, o, i, mode):
        text = None
        if mode >= 8:
            text = _value_text(o, mode)
        elif mem is None:
            return ''
        elif mode == 1:
            text = _pointed_text(i, _module_name)
        elif mode == 2:
            text = _types.type_text(o)
        elif mode == 3:
            text = _pointed_text(i, _function_name)
        elif mode == 4:
            function = mem[i + 16 >> 3]
            if mem[function + 8 >> 3] == id(_FunctionType):
                text = _pointed_text(function, _function_name)
        elif mode == 5:
            text = _layout.ctypes.string_at(mem[mem[i + 16 >> 3] >> 3]).decode('utf-8', 'replace')
        elif mode == 6:
            text = _pointed_text(i, layout.code_name)
        elif mode == 7:
            text = '%s:%d' % (o.f_code.co_filename, o.f_lineno or 0)
        return ',"text":' + quote(text) if text is not None else ''

    def _row(self, row):
        """A frame that has no frame object (3.11): written under its own address."""
        address, size, text, names, values, inner_names, inner_values = row
        info = self.infos.get(id(types.FrameType))
        if info is None:
            info = self._define_type(types.FrameType)
        local = []
        for name, value in zip(names, values):
            local.append((self._label(name), value))
            self._push_address(value)
        named = []
        for name, value in zip(inner_names, inner_values):
            named.append((self._label(name), value))
            self._push_address(value)
        self.objects += 1
        self.references += len(local) + len(named)
        self.parts.append('{"object":%d,"type":%d,"size":%d,"text":%s%s%s}\n' % (
            address, info[0], size, quote(text),
            ',"local":' + _pairs(local) if local else '',
            ',"internal":' + _pairs(named) if named else ''))
        self._drain()


_borrows = layout.inline == _layout.EMBEDDED           # a dict may borrow the values of an instance
_id_none = id(None)
_LENGTHS = {_LIST: list.__len__, _TUPLE: tuple.__len__, _DICT: dict.__len__, _STRING: str.__len__}


def objs_code(address):
    """The code object at an address."""
    return _layout.ctypes.cast(address, _layout.ctypes.py_object).value


def _static_dict(t):
    """The dict of a static type of 3.12, which is not in the type."""
    found = _get_referents(_layout.type_dict(t))
    return found[0] if found and type(found[0]) is dict else None


def _flat(numbers):
    return '[%s]' % ','.join(map(str, numbers))


def _pairs(pairs):
    return '[%s]' % ','.join(['%d,%d' % pair for pair in pairs])


def _items(o, i):
    """The item count that object.__sizeof__ uses."""
    if mem is None:
        return 0
    count = mem[i + 16 >> 3]
    return (1 << 64) - count if count >> 63 else count


def _length(o, i, container):
    if mem is not None:
        return mem[i + _LENGTH_OFFSET[container] >> 3]
    measure = _LENGTHS.get(container)
    if measure is None:
        return 0
    return measure(o)


def _pointed_text(i, offset):
    """The exact str in a field of an object, or None."""
    if offset is None:
        return None
    at = mem[i + offset >> 3]
    if not at or mem[at + 8 >> 3] != id(str):
        return None
    return objs[i + offset >> 3]


def _value_text(o, mode):
    if mode == 8:
        return o[:TEXT_MAX]
    if mode == 9:
        return o[:TEXT_MAX].decode('latin-1')
    if mode == 10:
        return str(o) if -1 << 63 <= o < 1 << 63 else None
    if mode == 12:
        return 'True' if o is True else 'False'    # repr() would keep its text
    return repr(o)
