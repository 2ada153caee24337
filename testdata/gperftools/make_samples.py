# SPDX-License-Identifier: MIT
"""Writes the made-* samples of heap profiles as text from the documented lines: make_samples.py FOLDER."""
import os
import sys

MAPS = """
MAPPED_LIBRARIES:
00400000-00452000 r-xp 00001000 08:02 173521      /usr/bin/app with blanks
00651000-00652000 r--p 00051000 08:02 173521      /usr/bin/app with blanks
7f0000000000-7f0000100000 r-xp 00000000 08:02 135870 /usr/lib/libz.so.1
7fff00000000-7fff00001000 r-xp 00000000 00:00 0
"""

STACKS = """   3:     4096 [     9:     8192] @ 0x00400100 0x7f0000000200
   1:  1048576 [     1:  1048576] @ 0x7fff00000010 0xdead
   0:        0 [     7:       70] @ 0x00400200
   2:       96 [     2:       96] @
"""

JEMALLOC = """heap_v2/524288
  t*: 5: 8389632 [0: 0]
  t0: 5: 8389632 [0: 0] main thread
@ 0x400100 0x7f0000000200
  t*: 2: 8388608 [0: 0]
  t0: 1: 4194304 [0: 0]
  t3: 1: 4194304 [0: ]
@
  t*: 3: 1024 [0: 0]
"""

HEAD = "heap profile:      6:  1052768 [    19:  1056934] @ "

SAMPLES = {
    "made-exact.heap": HEAD + "heapprofile\n" + STACKS + MAPS,
    "made-sampled.heap": HEAD + "heap_v2/524288\n" + STACKS + MAPS,
    "made-first-version.heap": HEAD + "heap/1048576\n" + STACKS + MAPS.replace("MAPPED_LIBRARIES:", "--- Memory map: ---"),
    "made-no-rate.heap": HEAD + "heap_v2\n" + STACKS,
    "made-growth.heap": HEAD + "growth\n" + STACKS + "  -1: -4096 [ 1: 4096] @ 0x400100\n" + MAPS,
    "made-jemalloc.heap": JEMALLOC + MAPS,
    "made-damaged.heap": HEAD + "heapprofile\n" + STACKS + "   x: 1 [1: 1] @ 0x1\n",
    "made-addresses.heap": HEAD + "heapprofile\n" + STACKS + "   1: 1 [1: 1] @ 0x1 zz\n",
}

for name, text in SAMPLES.items():
    with open(os.path.join(sys.argv[1], name), "w", encoding="utf-8") as out:
        out.write(text)
