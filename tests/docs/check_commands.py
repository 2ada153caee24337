# SPDX-License-Identifier: MIT
"""Every command of our tools in the documents is executed, on small inputs under the names that it uses.

Blocks and inline code of README.md and docs/**.md: a command that begins with the name of a tool runs in a
folder of its document's own, in the document's order; it must not end with status 2, and where the document shows
what it prints, it prints such lines (numbers may differ). A fragment (`snapdiff --why`) is completed with
inputs from OPERANDS, words in capitals are replaced by WORDS. Options alone (`--why`) must exist, on pages of a tool or
an analysis with that tool. SQL blocks run through snapsql, YAML blocks are policies, Python blocks must parse.
"""
import ast
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'e2e'))
import documents  # noqa: E402
import e2elib  # noqa: E402
import inputs  # noqa: E402

# Run word by word by check_howto.py.
ELSEWHERE = {'docs/howto-nightly.md'}

# What a fragment of a tool is completed with.
OPERANDS = {
    'backrefs': ['b.db', 'sessions.Session'], 'cyclefind': ['b.db'], 'refaudit': ['b.db'],
    'retained': ['b.db'], 'snapdiff': ['a.db', 'b.db'], 'snapexport': ['trace.pickle'],
    'snapflame': ['trace.pickle'], 'snapgrow': ['nightly.db'], 'snapinfo': ['b.db'],
    'snapjoin': ['b.db'], 'snapload': ['a.jsonl.gz', '-o', 'written.db'], 'snapplot': ['mprofile.dat'],
    'snapreport': ['policy.yaml', 'nightly.db'], 'snaptop': ['b.db'],
    # Some options need inputs of their own.
    'snapdiff --objects': ['before.heapsnapshot', 'after.heapsnapshot'],
    'snapjoin --by function': ['b.db', 'a.pstats'],
    'snapsql': ['b.db'],
    'snapreport policy.yaml': ['policy.yaml', 'nightly.db'],
}
# What stands for the words in capitals.
WORDS = {'TYPE': 'sessions.Session', 'OLD': 'a.db', 'NEW': 'b.db', 'DIR': 'dumps', 'N': '3',
         'FILE…': 'a.jsonl.gz', 'FILE': 'written', 'SIZE': '1M', 'DUMPS': 'dumps',
         'SELECT …': 'SELECT 1', 'FOLDER': 'dumps'}
# Commands that cannot run here, each with the reason.
CANNOT = {
    'retained a.db ADDRESS': 'addresses differ from run to run',
}
# Options in the text that are other programs'.
FOREIGN_OPTIONS = {
    'docs/capture-services.md': {'--preload', '--heapsnap-dir', '--no-heapsnap-dumps'},
    'docs/formats/folded.md': {'--format'},
    'docs/formats/gperftools.md': {'---'},
    'docs/formats/gprof2dot.md': {'--leaks'},
    'docs/formats/massif.md': {'--pages-as-heap', '--peak-inaccuracy'},
    'docs/performance.md': {'--buildtype'},
    'docs/report.md': {'--years', '--seed', '--kinds'},  # of tests/year/year.py
}
NUMBER = re.compile(r'[-+]?\d[\d.,]*(?: [KMG]?i?B\b)?')


class Options:
    """The options of each tool, from its help."""

    def __init__(self, names):
        self.of = {}
        for name in names:
            text = e2elib.run(name, '--help').stdout
            found = set(re.findall(r'(?<![\w-])--[a-z][a-z0-9-]*', text))
            self.of[name] = found | {'--no-' + option[2:] for option in found}

    def known(self, option, tools):
        return any(option in self.of[name] for name in tools)


def tools():
    return sorted(os.path.basename(path)[:-2]
                  for path in glob.glob(os.path.join(e2elib.ROOT, 'tools', '*.c')))


def paths():
    found = ['README.md']
    for folder in ('docs', 'docs/analysis', 'docs/formats', 'docs/man', 'docs/examples'):
        found += sorted(os.path.relpath(path, e2elib.ROOT)
                        for path in glob.glob(os.path.join(e2elib.ROOT, folder, '*.md')))
    return [path for path in found if path not in ELSEWHERE]


def without_blocks(text):
    return re.sub(r'^\s*```.*?^\s*```', lambda match: '\n' * match.group().count('\n'), text,
                  flags=re.M | re.S)


def ours(text, names):
    return re.match(r'(%s)(\s|$)' % '|'.join(names), text) is not None


def document_commands(text, names):
    """Our commands of a document in order of their lines; inline ones have no output."""
    found = []
    for block in documents.blocks(text):
        if block.kind in ('sh', 'console') and not block.not_run:
            found += documents.commands(block)
        elif not block.kind:
            found += [documents.Command(line, number) for number, line
                      in enumerate(block.lines, block.line) if ours(line, names)]
    for number, line in enumerate(without_blocks(text).split('\n'), 1):
        found += [documents.Command(code, number) for code in re.findall(r'`([^`]+)`', line)
                  if ours(code, names) and ' ' in code]
    return sorted((command for command in found if ours(command.text, names)),
                  key=lambda command: command.line)


def completed(command, folder):
    """The command as it can run: words in capitals replaced, inputs added where there are none."""
    try:
        words = shlex.split(command, comments=True)
    except ValueError:
        return command
    name, rest = words[0], [WORDS.get(word, word) for word in words[1:]]
    changed = rest != words[1:]
    if shlex.join(words) in OPERANDS:
        rest, changed = [word for word in rest if word.startswith('-')] + OPERANDS[shlex.join(words)], True
        if '--by' in rest:
            rest.insert(rest.index('--by') + 1, words[words.index('--by') + 1])
    elif not any(os.path.exists(os.path.join(folder, word.split('#')[0])) or '*' in word
                 for word in rest if not word.startswith('-')) and '--formats' not in rest:
        if name in ('snapsql', 'backrefs') and any(word[0] != '-' for word in rest[:1]):
            rest = OPERANDS[name][:1] + rest    # only the store is missing, and stands first
        else:
            rest = OPERANDS[name] + rest
        changed = True
    return shlex.join([name, *rest]) if changed else command


def clear_way(command, folder):
    """A store that a document makes is not there yet."""
    made = re.match(r'snapload .*(?:-o|--output) (\S+)', command)
    if made and '--append' not in command:
        target = os.path.join(folder, made.group(1))
        if os.path.exists(target):
            os.remove(target)


def same_but_numbers(command, output):
    """mismatch(), with every number and address taken for any other."""
    def loosened(text):
        return NUMBER.sub('0', re.sub(r'0x[0-9a-f]+|(?<=\d) (?=\d{3}\b)', '', text))
    printed, lines = [loosened(line) for line in command.printed], loosened(output).split('\n')
    if command.any_order:
        printed, lines = sorted(printed), sorted(line for line in lines if line)
    return documents.mismatch(printed, '\n'.join(lines))


def check_run(cases, path, command, folder, env):
    text = completed(command.text, folder)
    clear_way(text, folder)
    where = f'{path}:{command.line}: {command.text}'
    done = subprocess.run(['bash', '-c', text], cwd=folder, env=env, stdin=subprocess.DEVNULL, text=True,
                          errors='replace', stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    cases.check(done.returncode in (0, 1, 3) and not e2elib.SANITIZED.search(done.stderr),
                f'{where}: status {done.returncode}', f'ran: {text}', done.stderr)
    if done.returncode == 1:
        cases.check('--exit-code' in text or text.startswith('snapreport'), f'{where}: status 1')
    if command.printed:
        missing = same_but_numbers(command, done.stdout)
        cases.check(missing is None, f'{where}: the document has: {missing}', 'it printed:', done.stdout)


def check_options(cases, path, text, names, options):
    """`--option` alone is an option of some tool; on a page of an analysis, of one that the page names."""
    subject = os.path.splitext(os.path.basename(path))[0]
    about = names
    if path.startswith('docs/analysis/'):
        about = [name for name in names if re.search(r'\b%s\b' % name, text)] or names
    if path.startswith('docs/man/') and subject in names:
        about = [subject]
    for number, line in enumerate(without_blocks(text).split('\n'), 1):
        for code in re.findall(r'`(--[^`]+)`', line):
            for option in re.findall(r'(?<!\S)--[\w-]*', code):
                if option in FOREIGN_OPTIONS.get(path, ()) or option in ('--', '--name', '--no-'):
                    continue
                cases.check(options.known(option, about),
                            f'{path}:{number}: no option {option} of {" ".join(about)}')


def check_blocks(cases, path, text, folder, env):
    for block in documents.blocks(text):
        body, where = '\n'.join(block.lines), f'{path}:{block.line}'
        if block.not_run:
            continue
        if block.kind == 'python':
            try:
                ast.parse(body)
                problem = None
            except SyntaxError as error:
                problem = error
            cases.check(problem is None, f'{where}: Python: {problem}')
        elif block.kind == 'sql':
            for statement in body.split(';\n'):
                check_sql(cases, where, statement.strip().rstrip(';'), path, folder, env)
        elif block.kind == 'yaml':
            check_policy(cases, where, body, folder, env)


def check_sql(cases, where, statement, path, folder, env):
    store = 'history.db' if path == 'docs/history.md' else 'b.db'
    if statement:
        done = subprocess.run(['snapsql', store, statement], cwd=folder, env=env, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        cases.check(done.returncode == 0, f'{where}: SQL: {done.stderr.strip()}', statement)


def check_policy(cases, where, body, folder, env):
    """A policy that is understood: what it names need not be there."""
    with open(os.path.join(folder, 'document.yaml'), 'w') as file:
        file.write(body + '\n')
    done = subprocess.run(['snapreport', 'document.yaml', 'nightly.db', '--no-append'], cwd=folder, env=env,
                          text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    cases.check(not re.search(r'document\.yaml:\d+', done.stderr), f'{where}: policy: {done.stderr}')


def test(cases):
    names = tools()
    options = Options(names)
    chosen = sys.argv[1:]
    unused = set(CANNOT)
    with e2elib.Folder('documents') as scratch:
        prepared = os.path.join(scratch, 'prepared')
        os.mkdir(prepared)
        inputs.prepare(prepared)
        env = {name: value for name, value in os.environ.items() if not name.startswith('PYTHON')}
        env.update(PATH=os.path.abspath(e2elib.BIN) + os.pathsep + env['PATH'], LC_ALL='C.UTF-8', TZ='UTC')
        executed = 0
        for path in paths():
            if chosen and path not in chosen:
                continue
            text = documents.read(e2elib.ROOT, path)
            folder = os.path.join(scratch, 'here')
            shutil.copytree(prepared, folder)
            for command in document_commands(text, names):
                if command.text in CANNOT:
                    unused.discard(command.text)
                    continue
                executed += 1
                check_run(cases, path, command, folder, env)
            check_options(cases, path, text, names, options)
            check_blocks(cases, path, text, folder, env)
            shutil.rmtree(folder)
        print(f'{executed} commands of the documents executed')
        if not chosen:
            cases.check(not unused, f'nothing says any more: {sorted(unused)}')
            cases.check(executed > 100, f'only {executed} commands were found')


if __name__ == '__main__':
    e2elib.main(test)
