# SPDX-License-Identifier: MIT
"""Writes the made-* samples of mprof from the documented lines: make_samples.py FOLDER."""
import os
import sys

SAMPLES = {
    "made-children.dat": "CMDLINE python3 -m app\nMEM 21.714844 1795186701.7124\n"
                         "CHLD 10446 38.132812 1795186702.3947\nCHLD 10447 12.5 1795186702.3950\n"
                         "MEM 30.000000 1795186701.8125\n",
    "made-functions.dat": "FUNC app.load 21.7148 1795186701.8581 36.9766 1795186702.1638 1\n"
                          "FUNC app.read rows 2 10.0000 1795186701.9000 12.0000 1795186702.0000\n"
                          "CMDLINE python3 app.py\nMEM 21.714844 1795186701.7124\n",
    "made-odd-lines.dat": "CMDLINE a\nMEM 1.5 1795186701.5\n\nMEM oops 1795186701.6\nFUNC f 1.0 2.0\n"
                          "NEXT what\nCMDLINE b\nMEM 2 1795186702",
}

for name, text in SAMPLES.items():
    with open(os.path.join(sys.argv[1], name), "w", encoding="utf-8") as out:
        out.write(text)
