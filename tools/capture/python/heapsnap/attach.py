# SPDX-License-Identifier: MIT
"""Dumps a running CPython process that does not know of heapsnap: python -m heapsnap attach PID.

With 3.14 here and there sys.remote_exec asks the interpreter. Otherwise gdb stops the process for a
moment and leaves a "pending call", which its main thread makes at the next safe point between two
instructions: nothing is called that takes a lock of the allocator or the interpreter's (memory for the
text comes from mmap). If the main thread sleeps in a system call, and so never gets to such a point,
a second visit lets it make its pending calls right there, holding the interpreter's lock.
The injected lines only start a thread that dumps; by default a forked child writes.

Source: Python/ceval.c (Py_AddPendingCall, 3.6 to 3.13), gdb's manual, "Calling Program Functions".
"""
import argparse
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

STATUS_OK, STATUS_TROUBLE = 0, 2
_PTRACE_CAPABILITY = 19                   # CAP_SYS_PTRACE
_GDB_TIMEOUT_S = 40
_ENDS = ((signal.SIGINT, 5), (signal.SIGTERM, 5), (signal.SIGKILL, 5))
_STARTED_S = 4                            # then the main thread is taken to be asleep
_LENGTH = 4096

# What runs in the process. The path of the package is on sys.path only while it is imported.
_INJECTED = """
def run(o):
    import os, sys
    def tell(**what):
        import json
        with open(o['answer'] + '.tmp', 'w') as f: json.dump(what, f)
        os.rename(o['answer'] + '.tmp', o['answer'])
    try:
        tell(state='started')
        try:
            import heapsnap
        except ImportError:
            sys.path.insert(0, o['package'])
            try:
                import heapsnap
            finally:
                sys.path.remove(o['package'])
        pid = heapsnap.dump(o['path'], fork=o['fork'], values=o['values'], label=o['label'])
        if pid and os.waitpid(pid, 0)[1]: raise OSError('the child that writes the dump failed')
        tell(state='done')
    except BaseException as e:
        tell(state='failed', error='%s: %s' % (type(e).__name__, e))
import _thread
_thread.start_new_thread(run, (OPTIONS,))
"""


class Refused(Exception):
    """Why it cannot be; one line, and what to do instead."""


def _read(path):
    with open(path, errors='replace') as file:
        return file.read()


def _status(pid):
    """{name: text} of /proc/PID/status."""
    try:
        return dict(line.split(':\t', 1) for line in _read('/proc/%s/status' % pid).splitlines()
                    if ':\t' in line)
    except (OSError, ValueError):
        raise Refused('%s: no such process' % pid)


def check(pid):
    """Whether the process may be looked into at all; Refused says why not."""
    if not sys.platform.startswith('linux'):
        raise Refused('attaching works on Linux only')
    if pid == os.getpid():
        raise Refused('%d: that is this process' % pid)
    status = _status(pid)
    if status.get('State', 'Z')[0] in 'Tt' or status.get('TracerPid', '0').strip() != '0':
        raise Refused('%d: the process is stopped or traced by %s; nothing was done'
                      % (pid, status.get('TracerPid', '0').strip()))
    if status.get('State', 'Z')[0] in 'ZX':
        raise Refused('%d: the process has ended' % pid)
    mine = _status('self')
    capable = int(mine.get('CapEff', '0'), 16) >> _PTRACE_CAPABILITY & 1
    if not capable:
        owner = status.get('Uid', '').split()
        if set(owner) != {str(os.geteuid())}:
            raise Refused('%d: the process belongs to another user (uid %s): run this as that user or '
                          'as root' % (pid, owner[0] if owner else '?'))
        _check_yama(pid)
    elif _yama() == 3:
        raise Refused('%d: the kernel forbids ptrace until it boots anew (kernel.yama.ptrace_scope=3)'
                      % pid)
    try:
        maps = _read('/proc/%d/maps' % pid)
    except OSError as error:
        raise Refused('%d: %s: ptrace is forbidden; in a container add the capability SYS_PTRACE '
                      '(docker run --cap-add=SYS_PTRACE)' % (pid, error.strerror))
    if 'python' not in maps:
        raise Refused('%d: no Python in this process' % pid)


def _yama():
    try:
        return int(_read('/proc/sys/kernel/yama/ptrace_scope'))
    except (OSError, ValueError):
        return 0


def _check_yama(pid):
    scope = _yama()
    if scope == 1:
        at = pid
        while at > 1:
            at = int(_status(at).get('PPid', '0'))
            if at == os.getpid():
                return
        # The process may have allowed it (prctl PR_SET_PTRACER); gdb would be told, we cannot ask.
    if scope:
        raise Refused('%d: the kernel forbids ptrace (kernel.yama.ptrace_scope=%d): run this as root, in a '
                      'container with the capability SYS_PTRACE, or set it to 0 for the while' % (pid, scope))


def _injected(options):
    code = _INJECTED.replace('OPTIONS', repr(options))
    # One line, for a C string: the code is data within an exec().
    return 'exec(compile(%r, "<heapsnap>", "exec"), {})' % code


def _c_string(text):
    return ''.join('\\%03o' % byte if byte < 32 or byte > 126 or chr(byte) in '"\\' else chr(byte)
                   for byte in text.encode('utf-8'))


def _gdb_commands(text):
    """Leave a pending call of PyRun_SimpleString(text)."""
    size = len(text.encode('utf-8')) + 1
    return ['set $text = ((char *(*)(void *, long, int, int, int, long))mmap)(0, %d, 3, 0x22, -1, 0)'
            % max(size, _LENGTH),
            'if $text == (char *)-1\necho heapsnap-no-memory\\n\nelse\n'
            'set {char[%d]} $text = "%s"\n'
            'printf "heapsnap-call %%d\\n", ((int (*)(void *, void *))Py_AddPendingCall)'
            '((void *)PyRun_SimpleString, $text)\nend' % (size, _c_string(text))]


# The main thread sleeps in a system call: it holds neither the interpreter's lock nor the allocator's.
# That it still does is asked of the instruction before its next: syscall, svc #0.
_IN_SYSCALL = {'x86_64': '*(unsigned short *)($pc - 2) == 0x050f',
               'aarch64': '*(unsigned int *)($pc - 4) == 0xd4000001'}
_GDB_AWAKEN = ['if ' + _IN_SYSCALL.get(platform.machine(), '1'),
               'set $state = ((int (*)(void))PyGILState_Ensure)()',
               'printf "heapsnap-made %d\\n", ((int (*)(void))Py_MakePendingCalls)()',
               'call (void)((void (*)(int))PyGILState_Release)($state)', 'end']


def _asleep(pid):
    """Is the main thread in a system call? /proc says which, or 'running'."""
    try:
        return _read('/proc/%d/syscall' % pid).split()[0] not in ('running', '-1')
    except (OSError, IndexError):
        return False


def _gdb(pid, commands):
    """What gdb said. However it ends, the process goes on."""
    script = ['set pagination off', 'set confirm off', 'set unwindonsignal on', 'set width 0',
              'handle all nostop noprint pass', 'set auto-load off',
              'attach %d' % pid, 'thread 1'] + commands + ['detach', 'quit']
    file = tempfile.NamedTemporaryFile('w', suffix='.gdb', delete=False)
    try:
        with file:
            file.write('\n'.join(script) + '\n')
        return _run_gdb(pid, ['gdb', '-nx', '-q', '-batch', '-x', file.name])
    finally:
        os.unlink(file.name)


def _run_gdb(pid, arguments):
    env = dict(os.environ, DEBUGINFOD_URLS='', LC_ALL='C')
    try:
        gdb = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, env=env, start_new_session=True)
    except OSError as error:
        raise Refused('gdb: %s' % error.strerror)
    try:
        said = gdb.communicate(timeout=_GDB_TIMEOUT_S)[0]
    except BaseException:
        # An interrupt makes gdb give up a call and put the registers back; only then the rest.
        for number, seconds in _ENDS:
            gdb.send_signal(number)
            try:
                gdb.communicate(timeout=seconds)
                break
            except subprocess.TimeoutExpired:
                continue
        _let_go(pid)
        raise Refused('%d: gdb did not come to an end; the process was let go' % pid)
    _let_go(pid)
    return said.decode('utf-8', 'replace')


def _let_go(pid):
    """A process that a dead tracer left stopped goes on."""
    for _ in range(20):
        try:
            status = _status(pid)
        except Refused:
            return
        if status.get('State', ' ')[0] not in 'Tt':
            return
        if status.get('TracerPid', '0').strip() == '0':
            os.kill(pid, signal.SIGCONT)
        time.sleep(0.05)


def _by_gdb(pid, text, started):
    if shutil.which('gdb') is None:
        raise Refused('gdb is not installed, and sys.remote_exec needs Python 3.14 on both sides; or let the '
                      'service call heapsnap.install(), and send it SIGUSR2')
    said = _gdb(pid, _gdb_commands(text))
    if 'heapsnap-call 0' not in said:
        raise Refused('%d: gdb could not: %s' % (pid, _last_line(said)))
    end = time.monotonic() + _STARTED_S
    while time.monotonic() < end:
        if started():
            return
        time.sleep(0.02)
    if not _asleep(pid):
        return                            # it computes in C; the call is made when it returns
    _gdb(pid, _GDB_AWAKEN)


def _last_line(said):
    words = [line for line in said.splitlines() if re.search(
        r'not permitted|No symbol|error|cannot|could not|Cannot|denied|no-memory', line, re.I)]
    line = (words or said.splitlines() or ['it said nothing'])[-1].strip()
    if 'not permitted' in said:
        line += '; in a container add the capability SYS_PTRACE (docker run --cap-add=SYS_PTRACE)'
    return line[:300]


def _by_remote_exec(pid, code, folder):
    path = os.path.join(folder, '.heapsnap-%d-%d.py' % (os.getpid(), pid))
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    with os.fdopen(fd, 'w') as file:
        file.write(code)
    sys.remote_exec(pid, path)
    return path


def attach(pid, path, fork=True, values=False, label=None, timeout=600, method='auto'):
    """Dump process `pid` to `path`; Refused says in one line why not. Returns the method used."""
    check(pid)
    path = os.path.abspath(path)
    answer = path + '.attach-%d' % os.getpid()
    options = {'path': path, 'answer': answer, 'fork': fork, 'values': values, 'label': label,
               'package': os.path.dirname(os.path.dirname(os.path.abspath(__file__)))}
    # Its files, as we see them: the process may live in a container.
    seen = '/proc/%d/root' % pid
    if os.path.samefile(seen, '/'):
        seen = ''
    if not os.path.isdir(seen + os.path.dirname(path)):
        raise Refused('%s: no such folder where process %d runs' % (os.path.dirname(path), pid))
    code, script = _injected(options), None

    def state():
        try:
            return json.loads(_read(seen + answer))
        except (OSError, ValueError):
            return None
    try:
        used = 'gdb'
        if method != 'gdb' and hasattr(sys, 'remote_exec'):
            try:
                script = _by_remote_exec(pid, code, os.path.dirname(path))
                used = 'remote_exec'
            except (OSError, RuntimeError, ValueError) as error:
                if method == 'remote_exec' or isinstance(error, PermissionError):
                    raise Refused('%d: sys.remote_exec: %s' % (pid, error))
        elif method == 'remote_exec':
            raise Refused('sys.remote_exec needs Python 3.14, this is %s' % platform.python_version())
        if used == 'gdb':
            _by_gdb(pid, code, state)
        _await(pid, state, timeout)
        return used
    finally:
        for left in (seen + answer, script):
            if left is not None:
                try:
                    os.unlink(left)
                except OSError:
                    pass


def _await(pid, state, timeout):
    end = time.monotonic() + timeout
    while True:
        told = state()
        if told is not None and told['state'] == 'done':
            return
        if told is not None and told['state'] == 'failed':
            raise Refused('%d: %s' % (pid, told['error']))
        if time.monotonic() > end:
            raise Refused('%d: %s after %d s' % (
                pid, 'the dump has not ended' if told else 'its main thread has not come to a safe point '
                'in Python code; the dump is written when it does', timeout))
        _status(pid)                      # raises when it is gone
        time.sleep(0.05)


def main(arguments):
    parser = argparse.ArgumentParser(
        prog='python -m heapsnap', description='Capture a running Python process (Linux).')
    commands = parser.add_subparsers(dest='command', metavar='COMMAND')
    sub = commands.add_parser('attach', help='dump a process that was not prepared for it')
    sub.add_argument('pid', type=int, metavar='PID')
    sub.add_argument('-o', '--output', metavar='FILE', help='default: heap-PID.jsonl.gz in this folder; '
                     'the process writes it, as its own user')
    sub.add_argument('--label', help='of the dump')
    sub.add_argument('--values', action='store_true', help='with short texts of values')
    sub.add_argument('--no-fork', action='store_true', help='the process itself writes, and stands still')
    sub.add_argument('--timeout', type=float, default=600, metavar='S', help='give up waiting (600)')
    sub.add_argument('--method', choices=('auto', 'remote_exec', 'gdb'), default='auto')
    given = parser.parse_args(arguments)
    if given.command is None:
        parser.print_usage(sys.stderr)
        return STATUS_TROUBLE
    path = given.output or 'heap-%d.jsonl.gz' % given.pid
    try:
        attach(given.pid, path, not given.no_fork, given.values, given.label, given.timeout, given.method)
    except Refused as why:
        sys.stderr.write('heapsnap attach: %s\n' % why)
        return STATUS_TROUBLE
    print(os.path.abspath(path))
    return STATUS_OK
