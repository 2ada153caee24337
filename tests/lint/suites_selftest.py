# SPDX-License-Identifier: MIT
"""The counts of tests/run: what a test prints is added up, and a bad status is never a pass."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
import suites

# (succeeded, skipped, output, passed, failed, skipped)
CASES = [
    (True, False, '', 1, 0, 0),
    (False, False, '', 0, 1, 0),
    (True, True, '', 0, 0, 1),
    (True, False, 'x\n12 cases, 0 failed\n', 12, 0, 0),
    (False, False, '12 cases, 3 failed\n', 9, 3, 0),
    (False, False, '12 cases, 0 failed\n', 12, 1, 0),
    (True, False, '7 passed, 0 failed, 2 skipped\n', 7, 0, 2),
    (False, False, '7 passed, 1 failed\n', 7, 1, 0),
    (True, False, '1 passed, 0 failed, 0 skipped\n5 passed, 0 failed, 0 skipped\n', 5, 0, 0),
    (True, False, '0 cases, 0 failed\n', 1, 0, 0),
    (True, True, '0 passed, 0 failed, 1 skipped\n', 0, 0, 1),
    (True, False, 'we saw 12 cases, 3 failed, and were happy\n', 1, 0, 0),
]


def main():
    failed = 0
    for ok, skipped, text, *wanted in CASES:
        totals = suites.judge(ok, skipped, text)
        got = [totals.passed, totals.failed, totals.skipped]
        if got != wanted:
            failed += 1
            print(f'judge({ok}, {skipped}, {text!r}) gave {got}, not {wanted}')
    pairs = suites.plan([], ['unit', 'lint', 'fuzz'])
    wanted = [('unit', 'release'), ('unit', 'asan'), ('lint', 'release'), ('fuzz', 'asan')]
    if pairs != wanted:
        failed += 1
        print(f'plan() gave {pairs}')
    print(f'{len(CASES) + 1} cases, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
