# SPDX-License-Identifier: MIT
"""Turn a text file into the body of a C array of bytes, NUL-ended: embed.py INPUT."""
import sys

for line in open(sys.argv[1], "rb"):
    # Beyond ASCII as character constants, whose value is right whether char is signed or not.
    sys.stdout.write(",".join(str(byte) if byte < 128 else f"'\\{byte:03o}'" for byte in line) + ",\n")
sys.stdout.write("0\n")
