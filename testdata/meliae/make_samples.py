# SPDX-License-Identifier: MIT
"""Writes the `made-*` samples from the documented format: python3 make_samples.py FOLDER."""
import os
import sys


def line(address, kind, refs, **keys):
    words = ['"address": %d' % address, '"type": "%s"' % kind, '"size": %d' % (16 + 8 * len(refs))]
    for key in ("name", "len", "value"):
        if key in keys:
            value = keys[key]
            words.append('"%s": %s' % (key, '"%s"' % value if isinstance(value, str) else value))
    words.append('"refs": [%s]' % ", ".join(map(str, refs)))
    return "{%s}" % ", ".join(words)


HEAP = [
    line(160, "module", [176], name="app"),
    line(176, "dict", [192, 208, 224, 160], len=2),
    line(192, "str", [], len=4, value="root"),
    line(208, "Node", [240, 256]),
    line(224, "unicode", [], len=8, value="__name__"),
    line(240, "dict", [272, 208, 288, 304], len=2),
    line(256, "type", [], name="Node"),
    line(272, "str", [], len=6, value="parent"),
    line(288, "str", [], len=5, value="a key"),
    line(304, "list", [208, 320, 320], len=3),
    line(320, "collections.deque", [208]),
    line(336, "frame", [208], value="main"),
    line(352, "function", [368, 176], name="f"),
    line(368, "code", []),
    line(384, "bool", [], value="True"),
    line(400, "int", [], value=7),
    line(416, "long", []),
    line(432, "frozenset", [400, 416], len=2),
]

CONVERTED = [
    '{"address": 160, "type": "dict", "size": 140, "refs": [176, 192]}',
    '{"address": 176, "type": "str", "size": 24, "value": "tab\there, slash \\x", "refs": []}',
    '{"address": 0, "type": "<ex-reference>", "size": 0, "refs": []}',
    '{"refs": [160], "size": 8, "type": "Node", "address": 192}',
]

SAMPLES = {
    "made-heap": "\n".join(HEAP) + "\n",
    "made-array": "[\n" + ",\n".join(HEAP) + "\n]\n",
    "made-converted": "\n".join(CONVERTED) + "\n",
    "made-twice": "\n".join(HEAP + HEAP[1:4]) + "\n",
    "made-dangling": line(160, "list", [999, 1000], len=2) + "\n",
    "made-truncated": "\n".join(HEAP)[:-9],
    "made-damaged": "\n".join(HEAP[:4] + ["MEM 21.7", HEAP[4][:30] + HEAP[5]] + HEAP[5:]) + "\n",
    "made-large": "\n".join([line(18446744073709551615, "list", [1], len=1),
                             line(18446744073709551616, "list", [1], len=1),
                             line(1, "dict", [2, 3, 4], len=18446744073709551615)]) + "\n",
}

for name, text in SAMPLES.items():
    with open(os.path.join(sys.argv[1], name + ".json"), "w", newline="") as out:
        out.write(text)
