# SPDX-License-Identifier: MIT
"""Grows, shrinks and starts a child: the program behind the samples of profilers of Python."""
import subprocess
import sys
import time

try:
    profile
except NameError:
    def profile(function):
        return function


@profile
def load():
    rows = [bytes(1000) for _ in range(20000)]
    time.sleep(0.3)
    return rows


@profile
def main():
    rows = load()
    child = subprocess.Popen([sys.executable, "-c", "import time; a = bytes(9000000); time.sleep(0.5)"])
    time.sleep(0.3)
    del rows
    child.wait()


main()
