# SPDX-License-Identifier: MIT
"""What the tools do when a terminal is at their ends: colour, width, progress, standard input, Ctrl-C."""
import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MONDAY = os.path.join(HERE, 'data', 'monday.jsonl')


def on_terminal(bin_folder, words, **environment):
    """(status, what came out) of a tool whose three streams are one terminal."""
    env = {name: value for name, value in os.environ.items() if name.endswith('SAN_OPTIONS')}
    env.update(PATH=bin_folder + os.pathsep + os.environ['PATH'], LC_ALL='C', TERM='xterm')
    env.update(environment)
    controller, terminal = os.openpty()
    process = subprocess.Popen(words, stdin=terminal, stdout=terminal, stderr=terminal, env=env,
                               start_new_session=True)
    os.close(terminal)
    out = b''
    while True:
        try:
            piece = os.read(controller, 65536)
        except OSError:
            break
        if not piece:
            break
        out += piece
    os.close(controller)
    return process.wait(60), out.decode('utf-8').replace('\r\n', '\n')


def expect(condition, told):
    if not condition:
        raise AssertionError(repr(told))


def test_colour_needs_a_terminal_and_leave(bin_folder, scratch):
    del scratch
    words = ['snapinfo', MONDAY]
    expect('\x1b[' in on_terminal(bin_folder, words)[1], 'no colour on a terminal')
    expect('\x1b[' in on_terminal(bin_folder, words, NO_COLOR='')[1], 'an empty NO_COLOR counts')
    expect('\x1b[' not in on_terminal(bin_folder, words, NO_COLOR='1')[1], 'NO_COLOR is ignored')
    expect('\x1b[' not in on_terminal(bin_folder, words, TERM='dumb')[1], 'TERM=dumb is ignored')
    expect('\x1b[' not in on_terminal(bin_folder, words + ['--color=never'])[1], 'never')
    expect('\x1b[' in on_terminal(bin_folder, words + ['--color=always'], NO_COLOR='1')[1], 'always')


def test_text_is_shortened_to_the_width(bin_folder, scratch):
    path = os.path.join(scratch, 'a-rather-long-name-of-a-dump-' + 'x' * 60 + '.jsonl')
    os.symlink(MONDAY, path)
    words = ['snapinfo', '--color=never', path]
    wide = on_terminal(bin_folder, words, COLUMNS='300')[1]
    narrow = on_terminal(bin_folder, words, COLUMNS='140')[1]
    expect('\u2026' not in wide and '\u2026' in narrow, narrow)
    expect(max(map(len, narrow.splitlines())) <= 140, narrow)
    to_file = on_terminal(bin_folder, words + ['-o', os.path.join(scratch, 'out')], COLUMNS='140')
    with open(os.path.join(scratch, 'out'), encoding='utf-8') as file:
        expect('\u2026' not in file.read(), to_file)


def test_a_terminal_is_no_dump(bin_folder, scratch):
    for words in (['snapinfo', '-'], ['snapload', '-', '-o', os.path.join(scratch, 'a.db')]):
        status, out = on_terminal(bin_folder, words)
        expect(status == 2 and 'is a terminal' in out, (status, out))


def test_a_short_load_draws_no_progress(bin_folder, scratch):
    status, out = on_terminal(bin_folder, ['snapload', MONDAY, '-o', os.path.join(scratch, 'a.db')])
    expect(status == 0 and '\r' not in out and '%' not in out and out.count('\n') == 1, out)


def slow_load(bin_folder, scratch, *more):
    """A load that waits for its input, with a pipe to feed it by."""
    env = dict(os.environ, LC_ALL='C')
    return subprocess.Popen([os.path.join(bin_folder, 'snapload'), '-', '-o', 'slow.db', *more], env=env,
                            cwd=scratch, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def feed(process, seconds, first=1):
    """Objects, as many as the load takes in that time, of a dump that does not end."""
    if first == 1:
        process.stdin.write(b'{"heapsnap":1,"runtime":"cpython"}\n{"type":0,"name":"T"}\n')
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        process.stdin.write(b''.join(b'{"object":%d,"type":0,"size":8}\n' % (16 * number)
                                     for number in range(first, first + 5000)))
        process.stdin.flush()
        first += 5000
        time.sleep(0.01)
    return first


def test_progress_is_drawn_after_a_second_and_erased(bin_folder, scratch):
    process = slow_load(bin_folder, scratch, '--progress')
    feed(process, 2.5)
    _, err = process.communicate(timeout=60)
    lines = err.decode().split('\r')
    drawn = [line for line in lines if re.match(r'[a-z ]+: +\d+%?\x1b\[K', line)]
    expect(drawn, err)
    expect(lines[-1].startswith('\x1b[K'), err)


def test_a_signal_leaves_nothing_behind(bin_folder, scratch):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        process = slow_load(bin_folder, scratch)
        first = feed(process, 0.3)
        process.send_signal(number)
        try:
            feed(process, 0.5, first)
        except BrokenPipeError:
            pass
        try:
            out, err = process.communicate(timeout=60)
        except BrokenPipeError:
            out, err = process.stdout.read(), process.stderr.read()
            process.wait(60)
        expect(process.returncode == -number and out == err == b'', (process.returncode, out, err))
        expect(os.listdir(scratch) == [], os.listdir(scratch))


TESTS = [test_colour_needs_a_terminal_and_leave, test_text_is_shortened_to_the_width,
         test_a_terminal_is_no_dump, test_a_short_load_draws_no_progress,
         test_progress_is_drawn_after_a_second_and_erased, test_a_signal_leaves_nothing_behind]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--bin', required=True, help='the folder of the built tools')
    args = parser.parse_args()
    failed = 0
    for test in TESTS:
        with tempfile.TemporaryDirectory(prefix='heapsnap-terminal-') as scratch:
            try:
                test(os.path.abspath(args.bin), scratch)
            except (AssertionError, OSError, subprocess.SubprocessError) as error:
                failed += 1
                print(f'not ok: {test.__name__}: {error}')
    print(f'{len(TESTS) - failed} passed, {failed} failed, 0 skipped')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
