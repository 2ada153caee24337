# SPDX-License-Identifier: MIT
"""Rule: C files look as .clang-format says. Only clang-format 14 judges: versions disagree."""
import re
import shutil
import subprocess
import sys

import lintlib

VERSION = '14'


def program():
    """A clang-format of the version that judges, or None."""
    for name in ('clang-format-' + VERSION, 'clang-format'):
        path = shutil.which(name)
        if path:
            told = subprocess.run([path, '--version'], stdout=subprocess.PIPE, text=True).stdout
            if re.search(r'version ' + VERSION + r'\.', told):
                return path
    return None


def check(root):
    paths = [path for path in lintlib.files(root, '.c', '.h') if not path.startswith('testdata/')]
    problems = []
    for start in range(0, len(paths), 50):
        done = subprocess.run([program(), '--dry-run', '--style=file', *paths[start:start + 50]], cwd=root,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        found = re.findall(r'^(\S+?:\d+):\d+: (?:warning|error): (.*)$', done.stdout, re.M)
        problems += [f'{place}: {what}' for place, what in dict.fromkeys(found)]
        if done.returncode != 0 and not found:
            problems.append(done.stdout.strip())
    return problems


if __name__ == '__main__':
    if program() is None:
        print(f'SKIP: no clang-format {VERSION}')
        sys.exit(77)
    sys.exit(lintlib.main(check))
