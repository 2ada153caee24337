# SPDX-License-Identifier: MIT
"""python -m heapsnap attach: a process that knows nothing is dumped and goes on, or is left alone."""
import os
import pwd
import signal
import subprocess
import sys
import time

from servelib import PACKAGE, Folder, Skip, header, main, need, until

sys.path.insert(0, PACKAGE)
from heapsnap import attach  # noqa: E402

PROGRAM = """import sys, threading, time
class Ticket: pass
kept = [Ticket() for _ in range(321)]
print('ready', flush=True)
if sys.argv[1] == 'busy':
    while True: sum(range(1000))
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
threading.Event().wait()
"""


class Running:
    """A process of its own, ended with the block."""

    def __init__(self, *command):
        self.command = command or (sys.executable, '-c', PROGRAM, 'busy')

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        if self.command[0] == sys.executable:
            self.process.stdout.readline()
        return self.process

    def __exit__(self, *exception):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def state(pid):
    with open('/proc/%d/status' % pid) as file:
        return [line.split()[1] for line in file if line.startswith('State:')][0]


def may_attach():
    need(programs=['gdb'])
    with Running() as process:
        try:
            attach.check(process.pid)
        except attach.Refused as why:
            raise Skip('may not attach here: %s' % why)


def refused(pid, path='/tmp/heapsnap-never.jsonl', **options):
    try:
        attach.attach(pid, path, **options)
    except attach.Refused as why:
        assert not os.path.exists(path) and '\n' not in str(why), why
        return str(why)
    raise AssertionError('it was attached')


def test_a_process_is_dumped_and_goes_on():
    may_attach()
    for mode in ('busy', 'asleep'):
        with Folder() as folder, Running(sys.executable, '-c', PROGRAM, mode) as process:
            path = os.path.join(folder, 'dump.jsonl.gz')
            done = subprocess.run([sys.executable, '-m', 'heapsnap', 'attach', str(process.pid), '-o',
                                   path, '--label', mode], env=dict(os.environ, PYTHONPATH=PACKAGE),
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
            assert done.returncode == 0, (mode, done.stderr)
            first = header(path)
            assert first['pid'] == process.pid and first['label'] == mode
            assert os.listdir(folder) == ['dump.jsonl.gz']
            assert process.poll() is None and until(lambda: state(process.pid) in 'RS', 5)
            began = os.times().elapsed
            assert until(lambda: _ticks(process.pid) > 0 or mode == 'asleep', 5), began


def _ticks(pid):
    """CPU time since asked first: it computes still."""
    def used():
        with open('/proc/%d/stat' % pid) as file:
            return int(file.read().rsplit(')', 1)[1].split()[11])
    before = used()
    time.sleep(0.3)
    return used() - before


def test_an_error_over_there_is_told():
    may_attach()
    with Folder() as folder, Running() as process:
        os.mkdir(os.path.join(folder, 'taken.jsonl'))
        try:
            attach.attach(process.pid, os.path.join(folder, 'taken.jsonl'), timeout=60)
        except attach.Refused as why:
            assert 'IsADirectoryError' in str(why), why
        else:
            raise AssertionError('a folder was written to')
        assert process.poll() is None


def test_refusals_say_why():
    need(programs=['sleep'])
    assert 'that is this process' in refused(os.getpid())
    assert 'no such process' in refused(2 ** 22 + 7)
    with Running('sleep', '60') as process:
        assert 'no Python' in refused(process.pid) or 'ptrace' in refused(process.pid)
    with Running() as process:
        real = os.environ['PATH']
        os.environ['PATH'] = '/nonexistent'
        try:
            why = refused(process.pid, method='gdb')
        finally:
            os.environ['PATH'] = real
        assert 'gdb is not installed' in why or 'ptrace' in why
        assert 'no such folder' in refused(process.pid, '/nonexistent/a.jsonl') or 'ptrace' in why
        process.send_signal(signal.SIGSTOP)
        assert until(lambda: state(process.pid) == 'T', 5)
        assert 'stopped or traced' in refused(process.pid)
        assert state(process.pid) == 'T'                 # as it was


def test_a_kernel_that_forbids_it():
    real_yama, real_status = attach._yama, attach._status

    def powerless(pid):
        return dict(real_status(pid), CapEff='0') if pid == 'self' else real_status(pid)
    with Running() as process:
        # A child of ours may be traced with ptrace_scope 1, another's not.
        other = int(subprocess.check_output(['sh', '-c', 'sleep 60 >/dev/null & echo $!']))
        attach._status = powerless
        try:
            for scope, pid in ((1, other), (2, process.pid), (3, process.pid)):
                attach._yama = lambda scope=scope: scope
                assert 'ptrace_scope=%d' % scope in refused(pid), (scope, pid)
            attach._yama = lambda: 1
            attach.check(process.pid)
        finally:
            attach._status, attach._yama = real_status, real_yama
            os.kill(other, signal.SIGKILL)


def test_another_users_process():
    if os.geteuid():
        raise Skip('needs root to become another user')
    nobody = pwd.getpwnam('nobody').pw_uid
    with Running() as process:
        done = subprocess.run(
            ['/usr/bin/python3', '-I', '-c', 'import os, sys; sys.path.insert(0, sys.argv[1])\n'
             'code = open(sys.argv[1] + "/heapsnap/attach.py").read()\n'
             'os.setuid(%d)\n'
             'space = {"__name__": "attach", "__file__": sys.argv[1] + "/heapsnap/attach.py"}\n'
             'exec(code, space)\nsys.exit(space["main"](["attach", sys.argv[2]]))' % nobody,
             PACKAGE, str(process.pid)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd='/')
        assert done.returncode == 2 and b'belongs to another user' in done.stderr, done.stderr


def test_a_gdb_that_hangs_does_not_leave_it_stopped():
    with Folder() as folder, Running() as process:
        with open(os.path.join(folder, 'gdb'), 'w') as file:
            file.write('#!/bin/sh\nkill -STOP %d\ntrap "" INT TERM\nsleep 6 & wait; wait\n' % process.pid)
        os.chmod(os.path.join(folder, 'gdb'), 0o755)
        real_path, real_timeout, real_signals = os.environ['PATH'], attach._GDB_TIMEOUT_S, attach._ENDS
        os.environ['PATH'] = folder + os.pathsep + real_path
        attach._GDB_TIMEOUT_S = 1
        attach._ENDS = tuple((number, 1) for number, _ in real_signals)
        try:
            why = refused(process.pid, method='gdb')
        finally:
            os.environ['PATH'], attach._GDB_TIMEOUT_S, attach._ENDS = real_path, real_timeout, real_signals
        assert 'let go' in why or 'ptrace' in why, why
        assert until(lambda: state(process.pid) in 'RS', 5)


def test_usage():
    done = subprocess.run([sys.executable, '-m', 'heapsnap'], env=dict(os.environ, PYTHONPATH=PACKAGE),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 2 and b'usage: python -m heapsnap' in done.stderr


if __name__ == '__main__':
    main()
