# SPDX-License-Identifier: MIT
"""Turn a text file into the body of a C array of bytes, NUL-ended: embed.py INPUT."""
import sys

for line in open(sys.argv[1], "rb"):
    sys.stdout.write(",".join(str(byte) for byte in line) + ",\n")
sys.stdout.write("0\n")
