# SPDX-License-Identifier: MIT
"""What the rules share: the files of the tree, C without comments, and how problems are printed."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def files(root, *suffixes):
    """Paths of the tree's files, relative to root, sorted: those that Git knows or would add."""
    paths = None
    if os.path.exists(os.path.join(root, '.git')):
        listed = subprocess.run(
            ['git', '-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
            cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if listed.returncode == 0:
            paths = [os.fsdecode(name) for name in listed.stdout.split(b'\0') if name]
    if paths is None:
        paths = walked(root)
    paths = sorted(path for path in set(paths) if os.path.isfile(os.path.join(root, path)))
    return [path for path in paths if not suffixes or path.endswith(suffixes)]


def walked(root):
    """The same without Git: an unpacked archive."""
    paths = []
    for folder, subfolders, names in os.walk(root):
        inside = os.path.relpath(folder, root)
        subfolders[:] = [name for name in subfolders
                         if name not in ('.git', '__pycache__', 'out') and
                         not (inside == '.' and name.startswith('build'))]
        paths += [os.path.normpath(os.path.join(inside, name)) for name in names]
    return paths


def read(root, path):
    with open(os.path.join(root, path), encoding='utf-8', errors='replace') as file:
        return file.read()


TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def code_only(text, keep_strings=False):
    """C with comments (and strings) blanked out; lines and columns stay where they are."""
    def blank(match):
        token = match.group()
        if keep_strings and token[0] in '"\'':
            return token
        return re.sub(r'[^\n]', ' ', token)
    return TOKENS.sub(blank, text)


def line_of(text, position):
    return text.count('\n', 0, position) + 1


def main(check):
    """Run one rule over the tree: problems fail it, warnings are only shown."""
    root = sys.argv[1] if len(sys.argv) > 1 else ROOT
    problems = check(root)
    for problem in problems:
        print(problem)
    failures = [problem for problem in problems if ': warning: ' not in problem]
    return 1 if failures else 0
