# SPDX-License-Identifier: MIT
"""Rule: arrows between the layers point one way, and few folders know a foreign library."""
import os
import re
import sys

import lintlib

# Lowest first. A folder includes only what stands before it, and itself.
LAYERS = ['base', 'readers', 'store', 'graph', 'analysis', 'render', 'load', 'report', 'sql']

# Public headers whose word is not the name of a source file.
HEADER_LAYERS = {'status': 'base', 'model': 'base'}

# (pattern of the include, the folders that may, what it is)
FOREIGN = [
    (re.compile(r'<sqlite3(ext)?\.h>'), ('lib/store/', 'lib/sql/'), 'SQLite'),
    (re.compile(r'<graphviz/'), ('lib/render/',), 'Graphviz'),
    (re.compile(r'<yaml\.h>'), ('lib/report/', 'tools/report/'), 'libyaml'),
    (re.compile(r'<(zlib|zstd)\.h>'), ('lib/base/', 'lib/store/', 'tools/capture/'), 'compression'),
    (re.compile(r'<Python\.h>'), ('tools/capture/',), 'CPython'),
]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(<[^>\n]+>|"[^"\n]+")', re.M)


def header_layer(root, word):
    """The layer of <heapsnap/word.h>: where word.c or word_*.c stands. None: nowhere yet."""
    if word in HEADER_LAYERS:
        return HEADER_LAYERS[word]
    for exact in (True, False):
        for layer in LAYERS:
            folder = os.path.join(root, 'lib', layer)
            names = os.listdir(folder) if os.path.isdir(folder) else []
            for name in names:
                if name == word + '.c' or (not exact and name.startswith(word + '_') and
                                           name.endswith('.c')):
                    return layer
    return None


def layer_of_include(root, path, include):
    """The layer that an include of lib/ leads to; '' for the system's headers."""
    name = include[1:-1]
    public = re.fullmatch(r'heapsnap/(\w+)\.h', name)
    if public:
        return header_layer(root, public.group(1))
    first = name.split('/')[0]
    if '/' in name and first in LAYERS:
        return first
    if include[0] == '"' and '/' not in name:
        beside = os.path.join(root, os.path.dirname(path), name)
        return os.path.relpath(os.path.dirname(beside), os.path.join(root, 'lib')).split('/')[0]
    return ''


def check_library_file(root, path, includes):
    own = path.split('/')[1]
    if own == 'heapsnap':
        own = header_layer(root, os.path.basename(path)[:-2])
    if own not in LAYERS:
        return
    for line, include in includes:
        layer = layer_of_include(root, path, include)
        if layer in LAYERS and LAYERS.index(layer) > LAYERS.index(own):
            yield f'{path}:{line}: {own} must not include {layer} ({include})'


def check_tool_file(path, includes):
    for line, include in includes:
        name = include[1:-1]
        if include[0] == '<' and '/' not in name:
            continue
        if re.match(r'<(heapsnap|sys|arpa|netinet|linux)/', include):
            continue
        if include[0] == '"' and name.startswith('cli/'):
            continue
        yield f'{path}:{line}: a tool includes only <heapsnap/…> and "cli/…", not {include}'


def check(root):
    problems = []
    for path in lintlib.files(root, '.c', '.h'):
        if not path.startswith(('lib/', 'tools/')):
            continue
        text = lintlib.code_only(lintlib.read(root, path), keep_strings=True)
        includes = [(lintlib.line_of(text, m.start(1)), m.group(1)) for m in INCLUDE.finditer(text)]
        for line, include in includes:
            for pattern, folders, title in FOREIGN:
                if pattern.match(include) and not path.startswith(folders):
                    problems.append(f'{path}:{line}: only {", ".join(folders)} may include {title}')
        if path.startswith('tools/capture/'):
            continue
        if path.startswith('tools/'):
            problems += check_tool_file(path, includes)
        else:
            problems += check_library_file(root, path, includes)
    return problems


if __name__ == '__main__':
    sys.exit(lintlib.main(check))
