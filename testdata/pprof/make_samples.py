# SPDX-License-Identifier: MIT
"""Writes the made-* samples of pprof from the documented message: make_samples.py FOLDER."""
import os
import sys


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def number(field, value):
    return varint(field << 3) + varint(value)


def message(field, body):
    return varint(field << 3 | 2) + varint(len(body)) + body


class Profile:
    def __init__(self, *types):
        self.strings = [""]
        self.types = b"".join(message(1, number(1, self.text(t)) + number(2, self.text(u))) for t, u in types)
        self.body = b""

    def text(self, value):
        if value not in self.strings:
            self.strings.append(value)
        return self.strings.index(value)

    def function(self, id, name, file):
        self.body += message(5, number(1, id) + number(2, self.text(name)) + number(4, self.text(file)))

    def location(self, id, *lines, address=0, mapping=0):
        body = number(1, id) + number(2, mapping) + number(3, address)
        self.body += message(4, body + b"".join(message(4, number(1, f) + number(2, n)) for f, n in lines))

    def sample(self, locations, values, packed=True):
        if packed:
            body = message(1, b"".join(map(varint, locations))) + message(2, b"".join(map(varint, values)))
        else:
            body = b"".join(number(1, i) for i in locations) + b"".join(number(2, v) for v in values)
        self.body += message(2, body)

    def bytes(self, strings_first=False):
        table = b"".join(message(6, s.encode()) for s in self.strings)
        return self.types + (table + self.body if strings_first else self.body + table)


def unusual():
    """Ids far apart and out of order, unpacked numbers, unknown fields, no symbols, dangling ids."""
    profile = Profile(("objects", "count"), ("space", "bytes"))
    profile.sample([1 << 40, 7], [3, 300], packed=False)
    profile.sample([9], [1, 64])
    profile.sample([7, 12345], [1, 8])
    profile.sample([], [2, 5])
    profile.location(1 << 40, (70, 12), (50, 8))
    profile.location(7, (50, 9))
    profile.location(9, address=0x4012ab, mapping=3)
    profile.function(70, "inner", "a.c")
    profile.function(50, "outer", "a.c")
    profile.body += message(3, number(1, 3) + number(2, 0x400000) + number(5, profile.text("/usr/lib/libz.so")))
    profile.body += message(99, b"later") + number(98, 5) + number(9, 1700000000123456789)
    return profile.bytes()


def difference():
    profile = Profile(("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes"))
    profile.function(1, "main", "m.go")
    profile.location(1, (1, 4))
    profile.sample([1], [-5, -1, -100])
    profile.sample([1], [5, 2, 900])
    return profile.bytes(strings_first=True)


def cpu():
    profile = Profile(("samples", "count"), ("cpu", "nanoseconds"))
    profile.function(1, "work", "w.rs")
    profile.location(1, (1, 44))
    profile.sample([1, 1], [2, 20000000])
    return profile.bytes() + number(14, profile.text("cpu")) + number(10, 10 ** 9)


def damaged():
    profile = Profile(("inuse_space", "bytes"))
    profile.function(1, "main", "m.go")
    profile.location(1, (1, 4))
    profile.sample([1], [512])
    profile.body += message(4, b"\x22\x7f\x08")
    profile.sample([1], [1024])
    return profile.bytes(strings_first=True)


SAMPLES = {
    "made-unusual.pb": unusual(),
    "made-difference.pb": difference(),
    "made-cpu.pb": cpu(),
    "made-truncated.pb": unusual()[:-12],
    "made-damaged.pb": damaged(),
}

for name, data in SAMPLES.items():
    with open(os.path.join(sys.argv[1], name), "wb") as out:
        out.write(data)
