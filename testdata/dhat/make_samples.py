# SPDX-License-Identifier: MIT
"""Writes the made-* samples of DHAT from the documented members: make_samples.py FOLDER."""
import json
import os
import sys

POINT = {"tb": 960, "tbk": 12, "tl": 50, "mb": 400, "mbk": 5, "gb": 320, "gbk": 4, "eb": 80, "ebk": 1,
         "rb": 10, "wb": 20, "acc": [-4, 1, 2, 3], "fs": [1, 2, 3]}
FRAMES = ["[root]", "0x4848899: malloc (in /usr/lib/vg.so)", "0x1091: alloc::vec::Vec<T,A>::push (vec/mod.rs:12:5)",
          "0x1099: (below main) (libc_start_call_main.h:58)"]
DOCUMENT = {"dhatFileVersion": 2, "mode": "rust-heap", "verb": "Allocated", "bklt": True, "bkacc": False, "tu": "µs",
            "cmd": "./app \"quoted\"", "pid": 17, "te": 900, "tg": 400, "later": {"a": [1, {"b": None}]},
            "pps": [POINT, dict(POINT, gb=0, gbk=0), dict(POINT, fs=[3, 77])], "ftbl": FRAMES}

WHOLE = json.dumps(DOCUMENT, indent=1)
COPY = dict(DOCUMENT, mode="copy", bklt=False, pps=[{"tb": 4096, "tbk": 2, "fs": [2]}])

SAMPLES = {
    "made-indented.json": WHOLE,
    "made-copy.json": json.dumps(COPY),
    "made-truncated.json": WHOLE[:-200],
    "made-damaged.json": WHOLE.replace('"ftbl"', '"ftbl" !'),
    "made-newer.json": json.dumps(dict(DOCUMENT, dhatFileVersion=3)),
}

for name, text in SAMPLES.items():
    with open(os.path.join(sys.argv[1], name), "w", encoding="utf-8") as out:
        out.write(text)
