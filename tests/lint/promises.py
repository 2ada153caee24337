# SPDX-License-Identifier: MIT
"""Rule: what the documents and lists promise is there: headers, commands, links, the changelog."""
import os
import re
import sys

import lintlib

# First words of a command line that are the machine's, not ours.
FOREIGN = {'git', 'cd', 'sudo', 'apt-get', 'meson', 'ninja', 'python3', 'python', 'pip', 'sqlite3', 'echo',
           'cat', 'export', 'kill', 'for', 'done', 'do', 'if', 'fi', 'then', 'jq', 'gdb', 'node', 'java',
           'jcmd', 'jmap', 'go', 'curl', 'ruby', 'dot', 'man', 'source', '.', 'cc', 'gcc', 'ls', 'mv',
           'rm', 'mkdir', 'cp', 'bash', 'sh', 'perf', 'valgrind', 'xdg-open', 'tar', 'zstd', 'gzip',
           'while', 'sleep', 'test', 'grep', 'sed', 'gh', 'crontab', 'exit', 'heaptrack',
           'memray', 'dotnet', 'chmod', 'env', 'clang-format'}


def tool_names(root):
    return {os.path.basename(path)[:-2] for path in lintlib.files(root, '.c')
            if os.path.dirname(path) == 'tools'}


def check_installed(root):
    listed = lintlib.read(root, 'lib/heapsnap/meson.build')
    for path in lintlib.files(root, '.h'):
        if path.startswith('lib/heapsnap/') and f"'{os.path.basename(path)}'" not in listed:
            yield f'{path}: not installed: missing in lib/heapsnap/meson.build'


def check_changelog(root):
    path = 'docs/changelog.md'
    if not os.path.exists(os.path.join(root, path)):
        yield f'{path}: missing'
    elif not re.search(r'^## Unreleased$', lintlib.read(root, path), re.M):
        yield f'{path}: no "## Unreleased"'


def shell_lines(text):
    """(line number, command) of the fenced sh and console blocks."""
    inside = end = None
    for number, line in enumerate(text.split('\n'), 1):
        fence = re.match(r'\s*```\s*(\w*)', line)
        if fence:
            inside = None if inside is not None else fence.group(1)
            end = None
        elif end is not None:           # within a here-document
            end = None if line.strip() == end else end
        elif inside in ('sh', 'bash', 'shell'):
            here = re.search(r"<<-?\s*'?(\w+)", line)
            end = here.group(1) if here else None
            yield number, line.strip()
        elif inside == 'console' and line.lstrip().startswith('$ '):
            yield number, line.strip()[2:]


def check_commands(root, tools):
    for path in lintlib.files(root, '.md'):
        if path.startswith('testdata/'):
            continue
        continued = False
        for number, line in shell_lines(lintlib.read(root, path)):
            whole, continued = not continued, line.endswith('\\')
            if not whole or not line or line.startswith('#'):
                continue
            words = [word for word in line.split() if not re.match(r'\w+=', word)]
            word = words[0] if words else ''
            name = os.path.basename(word)
            if not re.fullmatch(r'[\w./-]+', word) or name in tools or word in FOREIGN:
                continue
            # Seen from beside the source, as in howto-nightly, it is the folder heapsnap/.
            if '/' in word and os.path.exists(os.path.join(root, re.sub('^heapsnap/', '', word))):
                continue
            yield f'{path}:{number}: no command {word!r}'


def check_links(root):
    for path in lintlib.files(root, '.md'):
        if path.startswith('testdata/'):
            continue
        text = re.sub(r'```.*?```', lambda m: re.sub(r'[^\n]', ' ', m.group()), lintlib.read(root, path),
                      flags=re.S)
        for match in re.finditer(r'\]\(([^)\s#]+)(?:#[^)\s]*)?\)', text):
            target = match.group(1)
            if re.match(r'[a-z]+:', target):
                continue
            beside = os.path.join(root, os.path.dirname(path), target)
            if not os.path.exists(beside):
                line = lintlib.line_of(text, match.start())
                yield f'{path}:{line}: link to {target!r}, which does not exist'


def check(root):
    problems = list(check_installed(root))
    problems += check_changelog(root)
    problems += check_commands(root, tool_names(root))
    problems += check_links(root)
    return problems


if __name__ == '__main__':
    sys.exit(lintlib.main(check))
