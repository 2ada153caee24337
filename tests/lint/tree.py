# SPDX-License-Identifier: MIT
"""Rule: lengths of files and functions, unique names, licence and purpose lines, clean text."""
import ast
import json
import os
import re
import sys

import lintlib

SOURCES = ('.c', '.h', '.py', '.sh', '.sql')
FILE_LINES, FILE_LINES_WARN = 1000, 800
FUNCTION_LINES, FUNCTION_LINES_WARN = 120, 60

# Names that stand once per folder by convention.
REPEATED = {'meson.build', 'README.md', 'LICENSE', '__init__.py', '__main__.py', 'run', 'run.py',
            '.gitignore', '.gitattributes', 'setup.py', 'pyproject.toml'}
# Folders of cases: one folder is one case, its files have fixed names. And the Python package, which
# is a tree of its own.
CASES = ('testdata/', 'tests/cli/', 'tools/capture/')

TOP_LEVEL = {'LICENSE', 'README.md', 'meson.build', 'docs', 'lib', 'schemas',
             'testdata', 'tests', 'tools'}


def is_source(root, path):
    if path.endswith(SOURCES):
        return True
    if '.' in os.path.basename(path) or path.startswith('testdata/'):
        return False
    with open(os.path.join(root, path), 'rb') as file:
        return file.read(2) == b'#!'


def check_lines(path, text):
    count = text.count('\n')
    if count > FILE_LINES:
        yield f'{path}: {count} lines; split it by responsibility (at most {FILE_LINES})'
    elif count > FILE_LINES_WARN:
        yield f'{path}: warning: {count} lines; time to split it (at most {FILE_LINES})'
    if path.endswith('.c'):
        for match in re.finditer(r'^\{\n.*?^\}', text, re.M | re.S):
            length = match.group().count('\n') - 1
            line = lintlib.line_of(text, match.start())
            if length > FUNCTION_LINES:
                yield f'{path}:{line}: a function of {length} lines (at most {FUNCTION_LINES_WARN})'
            elif length > FUNCTION_LINES_WARN:
                yield f'{path}:{line}: warning: a function of {length} lines'


def check_head(path, text):
    """The licence in the first line (after #!), what the file is for in the one after it."""
    lines = text.split('\n')
    if lines[0].startswith('#!'):
        lines = lines[1:]
    if not re.match(r'(//|#|--|/\*) SPDX-License-Identifier: MIT', lines[0]):
        yield f'{path}:1: no SPDX-License-Identifier line'
    elif len(lines) < 2 or not re.match(r'(//|#|--|/\*| \*|r?""").*\w', lines[1]):
        yield f'{path}:2: no line of purpose'


def check_text(path, text):
    for number, line in enumerate(text.split('\n'), 1):
        if line != line.rstrip():
            yield f'{path}:{number}: blanks at the end of the line'
        # clang-format keeps a macro on the line on which it aligns it.
        if path.endswith(('.c', '.h')) and len(line) > 100 and not line.startswith('#define'):
            yield f'{path}:{number}: {len(line)} columns (at most 100)'
        if '\t' in line and not path.endswith(('.tsv', '.records', '.expect')):
            yield f'{path}:{number}: a tab'
    if text and not text.endswith('\n'):
        yield f'{path}: no newline at the end'


def check_python(path, text):
    """Capture code runs in old services: CPython 3.6 must be able to read it."""
    version = (3, 6) if path.startswith('tools/capture/') else (3, 8)
    try:
        ast.parse(text, path, feature_version=version)
    except SyntaxError as error:
        yield f'{path}:{error.lineno}: {error.msg} (Python {version[0]}.{version[1]})'


def check_json(path, text):
    try:
        json.loads(text)
    except ValueError as error:
        yield f'{path}: {error}'


def check_names(paths):
    seen = {}
    for path in paths:
        name = os.path.basename(path)
        # A man page bears its tool's name, which may be the capability's word: backrefs, retained.
        if name in REPEATED or path.startswith(CASES + ('docs/man/',)):
            continue
        if name in seen:
            yield f'{path}: the name is taken by {seen[name]}'
        seen.setdefault(name, path)
    for top in sorted({path.split('/')[0] for path in paths}):
        if top not in TOP_LEVEL and not top.startswith('.'):
            yield f'{top}: does not belong at the top level'


def check(root):
    paths = lintlib.files(root)
    problems = list(check_names(paths))
    for path in paths:
        if path.endswith('.json') and not path.startswith('testdata/'):
            problems += check_json(path, lintlib.read(root, path))
        if not is_source(root, path):
            continue
        text = lintlib.read(root, path)
        problems += check_lines(path, text)
        problems += check_head(path, text)
        problems += check_text(path, text)
        if path.endswith('.py'):
            problems += check_python(path, text)
    return problems


if __name__ == '__main__':
    sys.exit(lintlib.main(check))
