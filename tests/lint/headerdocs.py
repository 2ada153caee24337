# SPDX-License-Identifier: MIT
"""Rule: a public function that can fail says "Errors:", and one that gives memory away says "Owns:"."""
import re
import sys

import lintlib

FUNCTION = re.compile(r'^HSN_API\s+([^;{]*?)\b(hsn_\w+)\s*\(([^;]*)\)\s*;', re.M | re.S)
# Memory that becomes the caller's: a handle, or a filled list or result.
GIVES = re.compile(r'(?<!const )\bhsn_\w+ \*\*out\b')


def comment_before(text, position):
    """
    The comment of a declaration. Declarations that follow one another without an empty line
    between them share one.
    """
    block = text[:position]
    start = block.rfind('\n\n')
    head = block[start + 1:]
    comments = re.findall(r'/\*\*.*?\*/', head, re.S)
    if not comments and head.strip() == '':
        return ''
    if not comments and '*/' in head:
        # The comment itself holds an empty line: look for where it begins.
        begin = block.rfind('/**')
        return block[begin:] if begin >= 0 else ''
    return '\n'.join(comments)


def check(root):
    problems = []
    for path in lintlib.files(root, '.h'):
        if not path.startswith('lib/heapsnap/'):
            continue
        text = lintlib.read(root, path)
        for match in FUNCTION.finditer(text):
            result, name, parameters = match.groups()
            line = lintlib.line_of(text, match.start())
            comment = comment_before(text, match.start())
            if result.strip() == 'int' and 'hsn_error *' in parameters and \
                    not re.search(r'\bErrors:|\bReturns\b|\bas hsn_\w+\(\)', comment):
                problems.append(f'{path}:{line}: {name}() can fail and does not say "Errors:"')
            if GIVES.search(parameters) and not re.search(r'\bOwns:|\bfree\b', comment):
                problems.append(f'{path}:{line}: {name}() gives memory away and does not say "Owns:"')
    return problems


if __name__ == '__main__':
    sys.exit(lintlib.main(check))
