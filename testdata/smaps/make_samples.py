# SPDX-License-Identifier: MIT
"""Writes the made-* samples of mappings: make_samples.py FOLDER."""
import os
import sys


def mapping(start, end, mode, name, rss, **more):
    keys = {"Size": (end - start) // 1024, "KernelPageSize": 4, "Rss": rss, **more}
    return f"{start:x}-{end:x} {mode} 00000000 fe:00 12 {name:>30}\n" + \
        "".join(f"{key + ':':<16}{value:>8} kB\n" for key, value in keys.items()) + "VmFlags: rd mr mw\n"


A = mapping(0x400000, 0x500000, "r-xp", "/srv/a name with: blanks (deleted)", 100, Pss=50, Swap=8)
B = mapping(0x600000, 0x700000, "rw-p", "", 200, Pss=200, Private_Clean=20, Private_Dirty=180)
PMAP = "4711:   app --port 80\nAddress           Kbytes     RSS   Dirty Mode  Mapping\n" \
       "0000000000400000    1024     100      50 r-x-- a name\n" \
       "0000000000600000    1024     200     200 rw---   [ anon ]\n" \
       "---------------- ------- ------- -------\ntotal kB            2048     300     250\n"

SAMPLES = {
    "made-no-dates.smaps": A + B + A + B,
    "made-dates.smaps": "# 1795186701.5\n" + A + B + "\ntime: 2026-11-20 10:00:00,25\n" + A + "Fri Nov 20 07:46:02 PM UTC 2026\n" + B,
    "made-two-processes.pmap": PMAP + PMAP.replace("4711", "4712"),
    "made-damaged.smaps": "400000-500000 r-xp 0 fe:00 12 /srv/a\nRss: 1 kB\nRss: x kB\nPss: 5 MB\nwhat\n" + B
                          + "ffff-zzzz r-xp\n600000-700000 none 0 0 0\n" + PMAP.replace("    1024     200", "    10x4     200"),
    "made-huge.smaps": mapping(0x400000, 0x500000, "rw-p", "[heap]", 18446744073709551615) + B,
    "made-cut.smaps": A + B[:-40],
}

for name, text in SAMPLES.items():
    with open(os.path.join(sys.argv[1], name), "w", encoding="utf-8", newline="") as out:
        out.write(text)
