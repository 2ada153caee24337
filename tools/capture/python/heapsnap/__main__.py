# SPDX-License-Identifier: MIT
"""python -m heapsnap attach PID: dump a process that was not prepared for it."""
import sys

from .attach import main

if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
