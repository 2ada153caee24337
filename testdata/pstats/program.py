# SPDX-License-Identifier: MIT
"""Calls, recursion, builtins and shared callees under a profiler: program.py FILE [profile]."""
import sys


def leaf(n):
    return sum(i * i for i in range(n))


def parse(n):
    return leaf(n) + leaf(n // 2) + len(sorted(range(n)))


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def main():
    for _ in range(20):
        parse(500)
        leaf(2000)
    fibonacci(12)


if len(sys.argv) > 2:
    import profile
    profiler = profile.Profile()
    profiler.runctx("main()", globals(), {})
else:
    import cProfile
    profiler = cProfile.Profile()
    profiler.enable()
    main()
    profiler.disable()
profiler.dump_stats(sys.argv[1])
