# SPDX-License-Identifier: MIT
"""Reads a dump back for the tests, and checks the shape of every line on the way."""
import array
import bisect
import gzip
import io
import json

GROUPS = {'attr': 2, 'slot': 2, 'item': 1, 'dict': 3, 'elem': 1, 'cell': 2, 'default': 2,
          'local': 2, 'internal': 2, 'ref': 1, 'weak': 1}
_TEXT, _NUMBER = (str,), (int,)
# First key -> {key: types}; a trailing ! marks what must be there.
SHAPES = {
    'heapsnap': {'heapsnap!': _NUMBER, 'runtime!': _TEXT, 'runtime_version!': _TEXT,
                 'program': _TEXT, 'pid': _NUMBER, 'host': _TEXT,
                 'captured_at_unix_ms!': _NUMBER, 'rss_bytes': _NUMBER, 'label': _TEXT,
                 'tags': (dict,), 'values!': (bool,), 'facts': (dict,)},
    'type': {'type!': _NUMBER, 'name!': _TEXT, 'module': _TEXT, 'object': _NUMBER, 'kind': _TEXT,
             'finalizer': (bool,)},
    'string': {'string!': _NUMBER, 'text!': _TEXT},
    'frame': {'frame!': _NUMBER, 'file!': _TEXT, 'line!': _NUMBER, 'function': _TEXT},
    'stack': {'stack!': _NUMBER, 'frames!': (list,)},
    'object': dict({'object!': _NUMBER, 'type!': _NUMBER, 'size!': _NUMBER, 'rc': _NUMBER,
                    'len': _NUMBER, 'flags': _NUMBER, 'gen': _NUMBER, 'text': _TEXT,
                    'stack': _NUMBER, 'class': _NUMBER},
                   **dict((group, (list,)) for group in GROUPS)),
    'root': {'root!': _NUMBER, 'kind!': _TEXT, 'name!': _TEXT, 'thread': _TEXT},
    'warning': {'warning!': _TEXT},
    'end': {'end!': _NUMBER, 'objects!': _NUMBER, 'references!': _NUMBER, 'types!': _NUMBER,
            'strings!': _NUMBER, 'roots!': _NUMBER},
}


class Objects(object):
    """address -> line, parsed when asked for: a parsed dump would fill the next one."""

    def __init__(self, data, places):
        places.sort()
        self.data = data
        self.addresses = array.array('Q', [address for address, _ in places])
        self.starts = array.array('Q', [start for _, start in places])

    def __len__(self):
        return len(self.addresses)

    def _line(self, at):
        start = self.starts[at]
        return json.loads(self.data[start:self.data.index(b'\n', start)].decode('ascii'))

    def _find(self, address):
        at = bisect.bisect_left(self.addresses, address)
        return at if at < len(self) and self.addresses[at] == address else None

    def __contains__(self, address):
        return self._find(address) is not None

    def __iter__(self):
        return iter(self.addresses)

    def __getitem__(self, address):
        at = self._find(address)
        if at is None:
            raise KeyError(address)
        return self._line(at)

    def get(self, address):
        at = self._find(address)
        return None if at is None else self._line(at)

    def items(self):
        return ((address, self._line(at)) for at, address in enumerate(self.addresses))

    def values(self):
        return (self._line(at) for at in range(len(self)))


class Dump(object):
    """All lines of one dump, by kind."""

    def __init__(self, path, strict=False):
        """Strict checks the shape of every line; else objects are only looked at when asked."""
        read = gzip.open if path.endswith('.gz') else io.open
        with read(path, 'rb') as file:
            data = file.read()
        assert data.endswith(b'\n')
        self.data = data
        self.types, self.strings, self.frames, self.stacks = [], [], [], []
        self.roots, self.warnings = [], []
        self.header = self.end = None
        self.references = 0
        places, start = [], 0
        for raw in data.decode('ascii').split('\n')[:-1]:
            assert self.end is None, 'a line behind the last'
            if raw.startswith('{"object":') and not strict:
                places.append((int(raw[10:raw.index(',')]), start))
            else:
                line = json.loads(raw)
                kind = raw[2:raw.index('"', 2)]
                self._line(kind, line)
                if kind == 'object':
                    places.append((line['object'], start))
            start += len(raw) + 1
        assert len(set(address for address, _ in places)) == len(places), 'an object twice'
        self.objects = Objects(data, places)
        self._totals(strict)

    def _line(self, kind, line):
        shape = SHAPES[kind]
        for key, value in line.items():
            wanted = shape.get(key) or shape[key + '!']
            assert type(value) in wanted, (kind, key, value)
        for key in shape:
            assert not key.endswith('!') or key[:-1] in line, (kind, key)
        if kind == 'heapsnap':
            assert self.header is None
            self.header = line
        elif kind == 'end':
            self.end = line
        elif kind == 'object':
            self._object(line)
        elif kind == 'root':
            self.roots.append(line)
        elif kind == 'warning':
            self.warnings.append(line['warning'])
        else:
            table = {'type': self.types, 'string': self.strings, 'frame': self.frames,
                     'stack': self.stacks}[kind]
            assert line[kind] == len(table), 'ids are dense'
            table.append(line['text'] if kind == 'string' else line)

    def _object(self, line):
        assert line['type'] < len(self.types), 'a type before its line'
        for group, width in GROUPS.items():
            flat = line.get(group)
            if flat is None:
                continue
            assert flat and len(flat) % width == 0, (group, flat)
            if width > 1:
                assert all(-1 <= s < len(self.strings) for s in flat[::width])
            self.references += sum(1 for t in flat if t) if width == 1 else (
                len(flat) // width * (width - 1))
        self.references += 'class' in line

    def _totals(self, strict):
        assert self.header is not None and self.end is not None
        assert self.end['objects'] == len(self.objects)
        assert not strict or self.end['references'] == self.references
        assert self.end['types'] == len(self.types)
        assert self.end['strings'] == len(self.strings)
        assert self.end['roots'] == len(self.roots)

    def of(self, o):
        """The line of a living object."""
        return self.objects[id(o)]

    def type_of(self, o):
        return self.types[self.of(o)['type']]

    def named(self, o, group):
        """{label: target address} of one group of an object."""
        line = o if type(o) is dict and 'object' in o else self.of(o)
        flat = line.get(group, [])
        width = GROUPS[group]
        return dict((self.strings[flat[at]] if flat[at] >= 0 else flat[at + 1],
                     flat[at + width - 1]) for at in range(0, len(flat), width))

    def targets(self, line):
        """Every target of an object, with multiplicity."""
        found = []
        for group, width in GROUPS.items():
            flat = line.get(group, [])
            for at in range(0, len(flat), width):
                found += flat[at + (width > 1):at + width]
        if 'class' in line:
            found.append(line['class'])
        return [t for t in found if t]
