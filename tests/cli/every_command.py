# SPDX-License-Identifier: MIT
"""What every tool must do, whatever it does.

For each tool: its help, its man page, its completions, full disks, closed streams, mistakes, its own
examples, and JSON that fits schemas/json. Give the folder of the tools and their names:

    every_command.py --bin build/tools snapinfo snapload
"""
import argparse
import gzip
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tracemalloc

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
DATA = os.path.join(HERE, 'data')
SCHEMAS = os.path.join(ROOT, 'schemas', 'json')
EVENINGS = ['monday', 'tuesday', 'wednesday']
LEAK = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'testdata', 'v8', 'made-leak-%d.heapsnapshot')

# A value for each name of a value in the help. Choices stand in the help itself.
VALUES = {
    'N': '3', 'SIZE': '10K', 'BYTES': '10K', 'DURATION': '7d', 'TIME': '7d', 'PERCENT': '5%',
    'FRACTION': '0.5', 'RATIO': '1.5', 'REAL': '1.5', 'NAME=VALUE': 'a=b', 'FILE': 'written', 'LABEL': 'name',
    'ADDRESS': '0x10',
}
OPTION = re.compile(r'^ {2,6}(?:-(\w), )?--([a-z0-9-]+)(?:=(\S+)| \[(\w+)\])?', re.M)

try:
    import jsonschema
except ImportError:
    jsonschema = None


class Skip(Exception):
    pass


def run(context, words, **options):
    options.setdefault('stdin', subprocess.DEVNULL)
    options.setdefault('stdout', subprocess.PIPE)
    options.setdefault('cwd', context.scratch)
    return subprocess.run(words, stderr=subprocess.PIPE, env=context.env, timeout=60, **options)


def expect(condition, *told):
    if not condition:
        raise AssertionError(' '.join(str(part) for part in told))


class Context:
    """One tool in a scratch folder of its own."""

    def __init__(self, name, bin_folder, scratch):
        self.name = name
        self.scratch = scratch
        self.env = {key: value for key, value in os.environ.items() if key.endswith('SAN_OPTIONS')}
        self.env.update(PATH=bin_folder + os.pathsep + os.environ['PATH'], LC_ALL='C', TZ='UTC',
                        HOME=scratch)
        self.bin = bin_folder

    def help(self):
        done = run(self, [self.name, '--help'])
        expect(done.returncode == 0, '--help gives status', done.returncode, done.stderr)
        expect(done.stderr == b'', '--help says on stderr', done.stderr)
        return done.stdout.decode()


def check_help(context):
    text = context.help()
    expect(text == run(context, [context.name, '-h']).stdout.decode(), '-h is not --help')
    for line in text.splitlines():
        expect(len(line) <= 80, 'more than 80 columns:', line)
        expect(line == line.rstrip(), 'blanks at the end:', repr(line))
    expect(text.startswith(context.name + ' - '), 'the first line is no summary')
    places = [text.find(part) for part in ('\nUsage: ', '\nExamples:\n', '\nExit status:\n', '\nSee ')]
    expect(-1 not in places and places == sorted(places), 'parts are missing or not in order')


def check_version(context):
    done = run(context, [context.name, '--version'])
    lines = done.stdout.decode().splitlines()
    expect(done.returncode == 0 and done.stderr == b'', done)
    expect(re.fullmatch(context.name + r' \(heapsnap\) \d+\.\d+\.\d+', lines[0]), lines[0])
    for name in ('library', 'store schema', 'sqlite', 'graphviz', 'formats:'):
        expect(any(line.startswith(name + ' ') for line in lines), 'nothing about', name)


def check_full_disk(context):
    for option in ('--help', '--version'):
        with open('/dev/full', 'wb') as full:
            done = run(context, [context.name, option], stdout=full)
        expect(done.returncode == 2, option, 'into /dev/full gives status', done.returncode)
        expect(b'standard output: cannot write: No space left on device' in done.stderr, done.stderr)
        expect(done.stderr.count(b'\n') == 1, 'more than one line:', done.stderr)


def check_closed_stdout(context):
    done = run(context, ['sh', '-c', f'{context.name} --help >&-'])
    expect(done.returncode == 2 and b'cannot write' in done.stderr, done.returncode, done.stderr)


def check_unknown_option(context):
    for words, shown in ((['--no-such-thing'], b"'--no-such-thing'"), (['-%'], b"'-%'")):
        done = run(context, [context.name, *words])
        expect(done.returncode == 2 and done.stdout == b'', done)
        lines = done.stderr.splitlines()
        expect(len(lines) == 2 and shown in lines[0], done.stderr)
        expect(lines[1] == f"Try '{context.name} --help' for more information.".encode(), lines[1])


def check_missing_operands(context):
    """A tool that needs operands shows two examples; none hangs waiting for its standard input."""
    done = run(context, [context.name])
    if done.returncode == 0:
        return
    expect(done.returncode == 2 and done.stdout == b'', done)
    expect(b'Usage: ' in done.stderr and b'--help' in done.stderr, done.stderr)


def option_words(letter, name, value, optional, help_text):
    """Command lines that use an option, by its name and by its letter."""
    if value is None:
        given = [[f'--{name}']]
        return given + ([[f'-{letter}']] if letter else [])
    word = VALUES.get(value)
    choices = re.search(r'--' + name + r'=\S+\s+[^:]*?: ([a-z0-9-]+(?:,\s+[a-z0-9-]+)*)', help_text)
    if choices and value not in VALUES:
        word = choices.group(1).split(',')[0]
    word = word or 'x'
    given = [[f'--{name}={word}'], [f'--{name}', word]]
    return given + ([[f'-{letter}{word}'], [f'-{letter}', word]] if letter else [])


def check_options_parse(context):
    """Each option is taken: it is followed by --help, which wins when everything before it parses."""
    text = context.help()
    found = OPTION.findall(text)
    expect(len(found) >= 4, 'few options in the help')
    for letter, name, value, optional in found:
        for words in option_words(letter, name, value or None, optional, text):
            done = run(context, [context.name, *words, '--help'])
            if words[0] in ('--version', '-V'):
                expect(done.returncode == 0, words, done.stderr)
                continue
            expect(done.returncode == 0 and done.stdout.decode() == text, words, done.stderr)


def check_abbreviations(context):
    for _, name, _, _ in OPTION.findall(context.help()):
        if len(name) > 4 and not any(other == name[:-1] for _, other, _, _ in
                                     OPTION.findall(context.help())):
            done = run(context, [context.name, f'--{name[:-1]}'])
            expect(done.returncode == 2 and b'unknown option' in done.stderr, name, done)
            return


def check_man(context):
    done = run(context, [context.name, '--help-man=' + os.path.join(ROOT, 'docs', 'man', context.name + '.md')])
    page = done.stdout.decode()
    expect(done.returncode == 0, done.stderr)
    parts = re.findall(r'^\.SH (.*)$', page, re.M)
    expect(parts == ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'EXIT STATUS', 'EXAMPLES', 'SEE ALSO'],
           parts)
    plain = page.replace('\\-', '-')
    for _, name, _, _ in OPTION.findall(context.help()):
        expect('--' + name in plain, name, 'is not in the man page')
    expect(os.path.exists(os.path.join(ROOT, 'docs', 'man', context.name + '.md')),
           f'docs/man/{context.name}.md is missing')
    if shutil.which('groff'):
        with open(os.path.join(context.scratch, 'page.1'), 'w') as file:
            file.write(page)
        done = run(context, ['groff', '-man', '-ww', '-z', '-Tutf8', 'page.1'])
        expect(done.returncode == 0 and done.stderr == b'', done.stderr)


def complete(context, script, words):
    """What bash offers for the last word."""
    code = (f'source {script}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _{context.name}; '
            'printf "%s\\n" "${COMPREPLY[@]}"')
    done = run(context, ['bash', '-c', code, 'bash', *words])
    expect(done.returncode == 0 and done.stderr == b'', done.stderr)
    return done.stdout.decode().split()


def check_bash_completion(context):
    if not shutil.which('bash'):
        raise Skip('no bash')
    script = os.path.join(context.scratch, 'completion.bash')
    with open(script, 'wb') as file:
        file.write(run(context, [context.name, '--help-completion=bash']).stdout)
    names = {'--' + name for _, name, _, _ in OPTION.findall(context.help())}
    offered = set(complete(context, script, [context.name, '--']))
    expect(offered == names, 'offered and help differ by', sorted(offered ^ names))
    if '--json' in names:
        expect(complete(context, script, [context.name, '--js']) == ['--json'], '--js<TAB>')
    if '--format=FORMAT' in context.help() and '--csv' in names:
        for words in (['--format', 'j'], ['--format', '=', 'j']):
            expect('json' in complete(context, script, [context.name, *words]), words)
        expect('json' in complete(context, script, [context.name, '--format', '=']), '--format=<TAB>')


def check_other_completions(context):
    for shell in ('zsh', 'fish'):
        done = run(context, [context.name, f'--help-completion={shell}'])
        expect(done.returncode == 0, done.stderr)
        for _, name, _, _ in OPTION.findall(context.help()):
            expect(name in done.stdout.decode(), shell, 'knows nothing of', name)
        if shutil.which(shell):
            path = os.path.join(context.scratch, 'completion.' + shell)
            with open(path, 'wb') as file:
                file.write(done.stdout)
            checked = run(context, [shell, '-n', path])
            expect(checked.returncode == 0, shell, checked.stderr)


def example_lines(context):
    block = re.search(r'\nExamples:\n((?:  .*\n)+)', context.help()).group(1)
    return [line.strip() for line in block.splitlines()]


def make_store(context, path, label, evenings):
    for number, evening in enumerate(evenings):
        chosen = ['--label', label] if number == 0 and label and label not in evenings else []
        done = run(context, ['snapload', '-q', '--append', *chosen, '-o', path,
                             os.path.join(DATA, evening + '.jsonl')])
        expect(done.returncode == 0, done.stderr)


def make_input(context, path, label, evenings):
    target = os.path.join(context.scratch, path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    evening = os.path.join(DATA, evenings[0] + '.jsonl')
    if path.endswith('/'):
        for name in EVENINGS:
            shutil.copy(os.path.join(DATA, name + '.jsonl'), target)
    elif path.endswith('.db'):
        make_store(context, path, '' if label in ('first', 'last') or label.isdigit() else label,
                   evenings)
    elif path.endswith('.yaml'):
        open(target, 'w').close()
    elif path.endswith('.jsonl'):
        shutil.copy(evening, target)
    elif path.endswith('.dat'):
        shutil.copy(os.path.join(ROOT, 'testdata', 'mprof', 'memory_profiler-functions.dat'), target)
    elif path.endswith('.csv'):
        shutil.copy(os.path.join(ROOT, 'testdata', 'csv', 'psutil7.2-bytes.csv'), target)
    elif path.endswith('.pstats'):
        shutil.copy(os.path.join(ROOT, 'testdata', 'pstats', 'python3.11.pstats'), target)
    elif path.endswith('.heapsnapshot'):
        shutil.copy(LEAK % (EVENINGS.index(evenings[0]) + 1), target)
    elif path.endswith('.jsonl.gz'):
        with open(target, 'wb') as file, open(evening, 'rb') as plain:
            file.write(gzip.compress(plain.read()))
    else:
        tracemalloc.start(5)
        kept = [bytes(100) for _ in range(100)]
        tracemalloc.take_snapshot().dump(target)
        tracemalloc.stop()
        del kept


def make_inputs(context, line):
    """
    The stores and dumps that an example names: evenings of a shop, in the order of the names. A store
    that is alone holds all of them.
    """
    words = shlex.split(line)
    written = {words[i + 1] for i, word in enumerate(words[:-1])
               if word in ('-o', '--output', '--history')}
    inputs = {}
    for word in words:
        path, _, label = word.partition('#')
        if re.search(r'^[^-].*\.(db|jsonl|jsonl\.gz|pickle|dat|csv|heapsnapshot|pstats|yaml)$|^[^-].*/$', path) and path not in written:
            inputs.setdefault(path, label)
    stores = [path for path in inputs if path.endswith('.db')]
    for number, (path, label) in enumerate(inputs.items()):
        alone = stores == [path]
        make_input(context, path, label, EVENINGS if alone else [EVENINGS[min(number, 2)]])


def check_examples(context):
    lines = example_lines(context)
    expect(len(lines) >= 2, 'fewer than two examples')
    for number, line in enumerate(lines):
        expect(context.name in line, 'not an example of this tool:', line)
        scratch = os.path.join(context.scratch, f'example-{number}')
        os.mkdir(scratch)
        inner = Context(context.name, context.bin, scratch)
        make_inputs(inner, line)
        done = run(inner, ['sh', '-c', line])
        # A gate gives 1 unasked.
        gate = context.name == 'snapreport' or '--exit-code' in line or '--fail-on' in line
        allowed = (0, 1) if gate else (0,)
        expect(done.returncode in allowed, line, 'gives status', done.returncode, done.stderr)


def validator(name):
    path = os.path.join(SCHEMAS, name + '.schema.json')
    expect(os.path.exists(path), f'schemas/json/{name}.schema.json is missing')
    store = {}
    for entry in os.listdir(SCHEMAS):
        with open(os.path.join(SCHEMAS, entry), encoding='utf-8') as file:
            schema = json.load(file)
        store[schema['$id']] = schema
    with open(path, encoding='utf-8') as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    resolver = jsonschema.RefResolver(schema['$id'], schema, store=store)
    return jsonschema.Draft202012Validator(schema, resolver=resolver)


def json_lines(context):
    """Command lines of json_cases.txt that begin with this tool's name."""
    with open(os.path.join(HERE, 'json_cases.txt'), encoding='utf-8') as file:
        return [line.strip() for line in file if line.split()[:1] == [context.name]]


def check_json(context):
    """stdout of each line of json_cases.txt is one document that fits the schema that it names."""
    lines = json_lines(context)
    if '--json' not in context.help():
        return
    expect(lines, f'no line for {context.name} in tests/cli/json_cases.txt')
    for evening in EVENINGS:
        shutil.copy(os.path.join(DATA, evening + '.jsonl'), context.scratch)
        shutil.copy(LEAK % (EVENINGS.index(evening) + 1), context.scratch)
        run(context, ['snapload', '-q', '-f', evening + '.jsonl', '-o', evening + '.db'])
        run(context, ['snapload', '-q', '--append', evening + '.jsonl', '-o', 'week.db'])
    open(os.path.join(context.scratch, 'policy.yaml'), 'w').close()
    make_input(context, 'mprof.dat', '', EVENINGS)
    make_input(context, 'day.pickle', '', EVENINGS)
    make_input(context, 'day.pstats', '', EVENINGS)
    for line in lines:
        done = run(context, ['sh', '-c', line])
        expect(done.returncode == 0, line, 'gives status', done.returncode, done.stderr)
        document = json.loads(done.stdout.decode('utf-8'))
        match = re.fullmatch(r'heapsnap\.(\w+)/\d+', document['schema'])
        expect(match, 'schema', document['schema'])
        expect(list(document)[:3] == ['schema', 'tool', 'snapshots'], line, 'begins', list(document))
        expect(document['tool']['name'] == context.name, document['tool'])
        if jsonschema is None:
            raise Skip('no python3-jsonschema')
        errors = list(validator(match.group(1)).iter_errors(document))
        expect(not errors, line, *[f'{error.json_path}: {error.message}' for error in errors[:3]])


CHECKS = [check_help, check_version, check_full_disk, check_closed_stdout, check_unknown_option,
          check_missing_operands, check_options_parse, check_abbreviations, check_man,
          check_bash_completion, check_other_completions, check_examples, check_json]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--bin', required=True, help='the folder of the built tools')
    parser.add_argument('tools', nargs='+')
    args = parser.parse_args()
    passed = failed = skipped = 0
    for name in sorted(args.tools):
        for check in CHECKS:
            with tempfile.TemporaryDirectory(prefix='heapsnap-every-') as scratch:
                try:
                    check(Context(name, os.path.abspath(args.bin), scratch))
                    passed += 1
                except Skip as reason:
                    skipped += 1
                    print(f'SKIP: {name} {check.__name__}: {reason}')
                except (AssertionError, ValueError, OSError, subprocess.SubprocessError) as error:
                    failed += 1
                    print(f'not ok: {name} {check.__name__}: {error}')
    print(f'{passed} passed, {failed} failed, {skipped} skipped')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
