# SPDX-License-Identifier: MIT
"""Code blocks and commands of the documents, and a shell that runs them one by one.

A block of kind `sh` holds commands; in a block of kind `console` a command stands behind `$ `, and below it
what it prints: `…` alone on a line stands for any lines, within a line for any text. A command must end
with status 0, unless the next one is `echo $?`: then the number below that one is the expected status. Before a
block may stand `<!-- not run: why -->`, `<!-- output not compared: why -->` or `<!-- lines in any order -->`.
"""
import os
import re
import subprocess

REMARK = re.compile(r'<!-- (not run|output not compared|lines in any order)(?:: (.+))? -->')
MARK = '@@status@@'


class Block:
    def __init__(self, kind, line, remark):
        self.kind, self.line, self.remark = kind, line, remark
        self.lines = []

    @property
    def not_run(self):
        return self.remark == 'not run'


class Command:
    """One complete command of a document, and what the document says that it prints (or None)."""

    def __init__(self, text, line, printed=None, any_order=False):
        self.text, self.line, self.printed, self.any_order = text, line, printed, any_order


def blocks(text):
    """The fenced blocks of a document."""
    found, block, remark, margin = [], None, None, 0
    for number, line in enumerate(text.split('\n'), 1):
        fence = re.match(r'(\s*)```(\w*)', line)
        if fence and block is None:
            block, margin = Block(fence.group(2), number + 1, remark), len(fence.group(1))
        elif fence:
            found.append(block)
            block = remark = None
        elif block is not None:
            block.lines.append(line[margin:])
        elif REMARK.search(line):
            remark = REMARK.search(line).group(1)
        elif line.strip():
            remark = None
    return found


def complete(text):
    """Whether the shell would not wait for more: no open quote, here-document or continued line."""
    if text.rstrip('\n').endswith('\\'):
        return False
    done = subprocess.run(['bash', '-n'], input=text + '\n', stderr=subprocess.PIPE, text=True)
    return done.returncode == 0 and 'here-document' not in done.stderr


def shell_commands(block):
    """The commands of an sh block."""
    found, text, first = [], '', block.line
    for number, line in enumerate(block.lines, block.line):
        if not text:
            first = number
            if not line.strip() or line.startswith('#'):
                continue
        text = text + '\n' + line if text else line
        if complete(text):
            found.append(Command(text, first))
            text = ''
    if text:
        found.append(Command(text, first))
    return found


def console_commands(block):
    """The commands of a console block with what they print."""
    found = []
    for number, line in enumerate(block.lines, block.line):
        if line.startswith('$ '):
            found.append(Command(line[2:], number, [], block.remark == 'lines in any order'))
        elif found and not found[-1].printed and found[-1].text.endswith('\\'):
            found[-1].text += '\n' + line
        elif found:
            found[-1].printed.append(line)
    if block.remark == 'output not compared':
        for command in found:
            command.printed = None
    return found


def commands(block):
    return {'sh': shell_commands, 'console': console_commands}.get(block.kind, lambda block: [])(block)


def pattern(line):
    """What a printed line must look like: numbers of blanks do not count, `…` is any text."""
    parts = [re.escape(' '.join(part.split())) for part in line.split('…')]
    return re.compile(r'\s*.*\s*'.join(parts) + '$')


def mismatch(printed, output):
    """The first line of a document that a command did not print, or None."""
    rest = [' '.join(line.split()) for line in output.rstrip('\n').split('\n')] if output.strip() else []
    printed = list(printed)
    while printed and not printed[-1].strip():
        printed.pop()
    anything = False
    for line in printed:
        if line.strip() == '…':
            anything = True
            continue
        while rest and anything and not pattern(line).match(rest[0]):
            rest.pop(0)
        if not rest or not pattern(line).match(rest[0]):
            return line
        rest.pop(0)
        anything = False
    return f'(no more lines, but it printed {rest[0]!r})' if rest and not anything else None


class Shell:
    """A bash that lives as long as the document, so that cd and export count for what follows."""

    def __init__(self, folder, env):
        self.bash = subprocess.Popen(['bash', '--norc', '--noprofile'], cwd=folder, env=env,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, text=True, errors='replace')
        self.status = 0

    def run(self, text):
        """Output and status of a command; `$?` is that of the command before."""
        self.bash.stdin.write(f'(exit {self.status})\n{{ {text}\n}} </dev/null\n'
                              f'printf "\\n%s %d\\n" {MARK} $?\n')
        self.bash.stdin.flush()
        lines = []
        for line in self.bash.stdout:
            if line.startswith(MARK):
                self.status = int(line.split()[1])
                break
            lines.append(line)
        else:
            self.status = -1
        # The mark begins with a line end of its own.
        return ''.join(lines)[:-1] if lines else '', self.status

    def close(self):
        self.bash.stdin.close()
        self.bash.wait(timeout=60)
        self.bash.stdout.close()


def run_document(cases, name, text, folder, env):
    """Runs all blocks of a document in a folder and checks statuses and what is printed."""
    shell = Shell(folder, env)
    everything = [command for block in blocks(text) if not block.not_run for command in commands(block)]
    outputs = {}
    for command, following in zip(everything, everything[1:] + [None]):
        output, status = shell.run(command.text)
        outputs[command.text] = output
        asked = following is not None and following.text.strip() == 'echo $?'
        where = f'{name}:{command.line}: {command.text.splitlines()[0]}'
        cases.check(status == 0 or asked, f'{where}: status {status}', output)
        if command.printed:
            missing = mismatch(command.printed, output)
            cases.check(missing is None, f'{where}: the document has: {missing}', 'it printed:', output)
    shell.close()
    return outputs


def read(root, path):
    with open(os.path.join(root, path), encoding='utf-8') as file:
        return file.read()
