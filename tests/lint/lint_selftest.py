# SPDX-License-Identifier: MIT
"""Every rule finds what it is there to find, and is silent about a tree that keeps it."""
import os
import shutil
import sys
import tempfile

import calls
import format as formatting
import headerdocs
import layers
import promises
import tree

HEAD = '// SPDX-License-Identifier: MIT\n// A file of the self-test.\n'
DOC = '/**\n * Open.\n *\n * Owns:   the caller owns *out.\n * Errors: HSN_EIO.\n */\n'
OPEN = 'HSN_API int hsn_x_open(hsn_x **out, const char *path, hsn_error *err);\n'

# A tree that keeps every rule.
GOOD = {
    'lib/heapsnap/meson.build': "public_headers = files('x.h')\n",
    'lib/heapsnap/x.h': HEAD + '#include "heapsnap/status.h"\n\n' + DOC + OPEN,
    'lib/store/x.c': HEAD + '#include "heapsnap/x.h"\n#include <sqlite3.h>\n\n'
                            'int x_free(void *p);\n\n'
                            'int x_free(void *p)\n{\n    return p->free(p) + hsn__free(p);\n}\n',
    'lib/base/alloc.c': HEAD + 'int f(void)\n{\n    return !malloc(1);\n}\n',
    'tools/snapx.c': HEAD + '#include <heapsnap/x.h>\n#include <stdio.h>\n#include "cli/opt.h"\n',
    'docs/changelog.md': '# Changes\n\n## Unreleased\n',
    'docs/use.md': '[changes](changelog.md#x)\n\n```sh\nsnapx a.db \\\n    --json\n```\n',
    'tests/a.py': '# SPDX-License-Identifier: MIT\n"""Text."""\n',
}

# (rule, file, its content, words of the one problem that must be found)
BAD = [
    (layers, 'lib/base/y.c', HEAD + '#include "store/x.h"\n', 'base must not include store'),
    (layers, 'lib/base/y.c', HEAD + '#include "heapsnap/x.h"\n', 'base must not include store'),
    (layers, 'lib/graph/y.c', HEAD + '#include <sqlite3.h>\n', 'may include SQLite'),
    (layers, 'tools/y.c', HEAD + '#include <graphviz/gvc.h>\n', 'may include Graphviz'),
    (layers, 'tools/y.c', HEAD + '#include "base/alloc.h"\n', 'a tool includes only'),
    (layers, 'tools/y.c', HEAD + '#include "../lib/base/alloc.h"\n', 'a tool includes only'),
    (calls, 'lib/base/y.c', HEAD + 'int n = atoi(s);\n', 'atoi(): has no bound'),
    (calls, 'tools/y.c', HEAD + 'int n = system(s);\n', 'system(): runs a shell'),
    (calls, 'lib/graph/y.c', HEAD + 'void *p = malloc(3);\n', 'only lib/base/alloc.c allocates'),
    (calls, 'lib/graph/y.c', HEAD + 'void f(void) { free (p); }\n', 'free(): only'),
    (calls, 'lib/graph/y.c', HEAD + 'FILE *f = stderr;\n', 'stderr: the library does not print'),
    (calls, 'lib/graph/y.c', HEAD + 'void f(void) { exit(1); }\n', 'leaves the process alone'),
    (headerdocs, 'lib/heapsnap/x.h', HEAD + '\n/** Open. Owns: the caller. */\n' + OPEN, '"Errors:"'),
    (headerdocs, 'lib/heapsnap/x.h', HEAD + '\n/** Open. Errors: some. */\n' + OPEN, '"Owns:"'),
    (headerdocs, 'lib/heapsnap/x.h', HEAD + '\n' + DOC + OPEN + '\n' + OPEN, '"Errors:"'),
    (tree, 'lib/base/y.c', HEAD + '// x\n' * 1000, 'split it'),
    (tree, 'lib/base/y.c', HEAD + 'int f(void)\n{\n' + '    f();\n' * 130 + '}\n', 'a function of 130'),
    (tree, 'lib/base/y.c', '// A file.\n', 'no SPDX'),
    (tree, 'lib/base/y.c', '// SPDX-License-Identifier: MIT\nint x;\n', 'no line of purpose'),
    (tree, 'lib/base/y.c', HEAD + 'int x; \n', 'blanks at the end'),
    (tree, 'lib/base/y.c', HEAD + '\tint x;\n', 'a tab'),
    (tree, 'lib/base/y.c', HEAD + '// ' + 'x' * 98 + '\n', 'columns'),
    (tree, 'lib/base/y.c', HEAD + 'int x;', 'no newline'),
    (tree, 'lib/base/x.c', HEAD, 'the name is taken by'),
    (tree, 'todo.txt', 'x\n', 'does not belong at the top level'),
    (tree, 'schemas/x.json', '{"a": 1,}\n', 'schemas/x.json'),
    (tree, 'tests/y.py', '# SPDX-License-Identifier: MIT\n"""X."""\nprint "x"\n', 'Python 3.8'),
    (tree, 'tools/capture/y.py', '# SPDX-License-Identifier: MIT\n"""X."""\nif (x := 1):\n    pass\n',
     'Python 3.6'),
    (promises, 'lib/heapsnap/y.h', HEAD, 'not installed'),
    (promises, 'docs/changelog.md', '# Changes\n', 'Unreleased'),
    (promises, 'README.md', '```sh\nsnapy a.db\n```\n', "no command 'snapy'"),
    (promises, 'README.md', '```console\n$ tools/nothing\n```\n', "no command 'tools/nothing'"),
    (promises, 'README.md', 'See [here](docs/nothing.md).\n', 'does not exist'),
]
FORMAT_BAD = (formatting, 'lib/base/y.c', HEAD + 'int  x;\n', 'clang-formatted')


def write(root, path, text):
    path = os.path.join(root, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def main():
    cases = failed = 0
    rules = [layers, calls, headerdocs, tree, promises]
    bad = list(BAD)
    if formatting.program() is not None:
        bad.append(FORMAT_BAD)
    folder = tempfile.mkdtemp(prefix='heapsnap-lint-')
    try:
        good = os.path.join(folder, 'good')
        for path, text in GOOD.items():
            write(good, path, text)
        for rule in rules:
            cases += 1
            problems = rule.check(good)
            if problems:
                failed += 1
                print(f'{rule.__name__} complains about a good tree: {problems}')
        for number, (rule, path, text, words) in enumerate(bad):
            cases += 1
            root = os.path.join(folder, str(number))
            shutil.copytree(good, root)
            write(root, path, text)
            if rule is formatting:
                shutil.copy(os.path.join(os.path.dirname(__file__), '..', '..', '.clang-format'), root)
            problems = rule.check(root)
            if len([problem for problem in problems if words in problem]) != 1:
                failed += 1
                print(f'{rule.__name__} did not find {words!r} in {path}: {problems}')
    finally:
        shutil.rmtree(folder)
    print(f'{cases} cases, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
