# SPDX-License-Identifier: MIT
"""Writes the made-* samples of heaptrack from the documented lines: make_samples.py FOLDER."""
import os
import sys

OLD = """v 10000
X ./app --serve
I 1000 80000
s /usr/bin/app
s main
s main.c
s helper
i 401000 1 2 3 a
t 1 0
i 401100 1 4 3 14 2 3 b
t 2 1
c a
+ 10 1 7f0010
+ 20 2 7f0020
c 14
- 7f0010
+ 40 2 7f0010
- 7fdead
R 2
c 1e
"""

FIRST = OLD[:OLD.index("c a")].replace("v 10000", "v 10200") + """a 10 1
a 20 2
+ 0
+ 1
+ 1
c 64
- 0
- 0
- 1
c 32
"""

SIZED = """v 10400 3
# written by hand
X app with blanks
I 1000 10
s d /usr/bin/my a
s 4 main
s 0 EMPTY
i 401000 1
i 401010 1 2 0 0
i 0 0
t 2 0
t 1 1
t 3 2
a 64 3
a 8 0
A
+ 0
+ 1
S leak:*
+ 0
c 5
""".replace("EMPTY", "")

SAMPLES = {
    "made-format0.txt": OLD,
    "made-format1.txt": FIRST,
    "made-format3.txt": SIZED,
    "made-attached.txt": SIZED.replace("A\n", "+ 0\n+ 1\nA\n"),
    "made-newer.txt": SIZED.replace("v 10400 3", "v 20000 4"),
    "made-raw.txt": "v 10400 3\nx d /usr/bin/my a\nX app\nI 1000 10\n",
    "made-length.txt": SIZED.replace("s 4 main", "s 5 main"),
    "made-damaged.txt": SIZED + "+ 77\n",
}

for name, text in SAMPLES.items():
    with open(os.path.join(sys.argv[1], name), "w", encoding="utf-8") as out:
        out.write(text)
