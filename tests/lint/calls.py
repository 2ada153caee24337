# SPDX-License-Identifier: MIT
"""Rule: calls that lose data or control are not used; the library neither prints nor allocates by itself."""
import re
import sys

import lintlib

# (names, which files, which of them not, why)
RULES = [
    ('strcpy strcat sprintf vsprintf gets strtok atoi atol atoll atof', ('lib/', 'tools/'),
     (), 'has no bound or no error'),
    ('system popen', ('lib/', 'tools/'), (), 'runs a shell'),
    ('malloc calloc realloc reallocarray free strdup strndup asprintf vasprintf getline', ('lib/',),
     ('lib/base/alloc.c',), 'only lib/base/alloc.c allocates'),
    ('printf puts putchar perror vprintf', ('lib/',), (), 'the library does not print'),
    ('exit _exit abort quick_exit getenv setlocale signal', ('lib/',), (),
     'the library leaves the process alone'),
    ('longjmp setjmp alloca', ('lib/', 'tools/'), (), 'hides an exit or a limit'),
]
STREAMS = re.compile(r'\b(stdout|stderr)\b')
OUTSIDE = ('tools/capture/',)


def check(root):
    problems = []
    for path in lintlib.files(root, '.c', '.h'):
        if path.startswith(OUTSIDE):
            continue
        text = lintlib.code_only(lintlib.read(root, path))
        for names, folders, spared, why in RULES:
            if not path.startswith(folders) or path in spared:
                continue
            # Not a method (x->free(…)), nor a part of a longer name.
            pattern = re.compile(r'(?<![\w.>])(' + '|'.join(names.split()) + r')\s*\(')
            for match in pattern.finditer(text):
                line = lintlib.line_of(text, match.start(1))
                problems.append(f'{path}:{line}: {match.group(1)}(): {why}')
        if path.startswith('lib/'):
            for match in STREAMS.finditer(text):
                line = lintlib.line_of(text, match.start())
                problems.append(f'{path}:{line}: {match.group()}: the library does not print')
    return problems


if __name__ == '__main__':
    sys.exit(lintlib.main(check))
