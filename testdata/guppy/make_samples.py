# SPDX-License-Identifier: MIT
"""Writes the made-* samples of guppy's tables from their documented lines: make_samples.py FOLDER."""
import os
import sys

HEAD = ".loader: _load_stat\n.format: %s\n.timemade: 1628756373.710652\n.count: %d\n.size: %d\n" \
       ".kindname: %s\n.kindheader: Kind (class / dict of class)\n.numrows: %d\n"
END = ".end: .loader: _load_stat\n"

SAMPLES = {
    "made-shrunk.hpy": HEAD % ("DiffFormat", 2, -100, "", 4) + ".r: -5 -500 list\n.r: 8 400 a.b.C\n.r: -1 50 d\n.r: 0 0 e\n" + END,
    "made-no-end.hpy": HEAD % ("SetFormat", 3, 300, "", 2) + ".r: 2 200 dict (no owner)\n.r: 1 100 str\n",
    "made-other-sums.hpy": HEAD % ("SetFormat", 9, 9, "", 9) + ".r: 2 200 str\n\n.new: what\nno dot\n.r: x 1 str\n.r: 1 str\n" + END,
    "made-known-part.hpy": HEAD % ("IdFormat", 2, 112, "<app.Session>", 2) + ".r: 56 0x7f0\n.r: 56 0x7f1\n" + END
                           + HEAD % ("IdFormat", 1, 50, "", 1) + ".r: 50 'a text, and a blank'\n" + END,
    "made-unknown-format.hpy": HEAD % ("SetFormat", 1, 100, "", 1) + ".r: 1 100 str\n" + END + HEAD % ("NewFormat", 1, 1, "", 0),
    "made-huge.hpy": HEAD % ("SetFormat", 1, 1, "", 2) + ".r: 18446744073709551615 1 str\n.r: 1 18446744073709551615 list\n" + END,
}

for name, text in SAMPLES.items():
    with open(os.path.join(sys.argv[1], name), "w", encoding="utf-8", newline="") as out:
        out.write(text)
