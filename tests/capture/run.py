# SPDX-License-Identifier: MIT
"""Runs the capture's tests on every interpreter found: python3 tests/capture/run.py [-v] [NAME...]

Each interpreter of its own version once, with the pure walk and, from 3.8 on where a compiler
and headers are there, with the accelerator. The last line counts; the exit code says the same.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.normpath(os.path.join(HERE, '../../tools/capture/python'))
WORKERS = 2
TIMEOUT_S = 300
# What the pure walk is asked where the accelerator gives the same bytes (check_identity.py):
# whether it is safe, and what it does with files, processes and threads in its own way.
PURE_NAMES = ['safety.test_no_user_code_is_called', 'safety.test_nothing_lives_on',
              'safety.test_a_deep_list', 'safety.test_it_makes_no_garbage',
              'safety.test_a_process_with_futures_goes_on_and_ends',
              'safety.test_own_objects_are_not_there', 'output.test_gzip_by_name',
              'output.test_a_full_disk', 'output.test_fork', 'output.test_allocation_tracebacks',
              'threads']
_ASK = ('import sys, sysconfig; print("%d.%d.%d" % sys.version_info[:3]); print(sys.platform);'
        'print(sysconfig.get_paths()["include"]); print(sysconfig.get_config_var("EXT_SUFFIX"))')


def interpreters():
    """[(version, path, include folder, suffix of extensions)], oldest first."""
    paths = []
    for folder in os.environ.get('PATH', '').split(os.pathsep):
        paths += [os.path.join(folder, 'python3.%d' % minor) for minor in range(6, 15)]
    paths += glob.glob(os.path.expanduser('~/.pyenv/versions/*/bin/python'))
    paths.append('/usr/bin/python3')
    found = {}
    for path in paths:
        if not os.path.exists(path):
            continue
        try:
            # A shim of a version manager may exist and refuse.
            asked = subprocess.run([path, '-c', _ASK], stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, timeout=60)
        except (OSError, subprocess.SubprocessError):
            continue
        answer = asked.stdout.decode().split('\n')
        if asked.returncode == 0 and answer[0].startswith('3.'):
            version = tuple(map(int, answer[0].split('.')))
            if version >= (3, 6):
                found.setdefault(version, (answer[0], path, answer[2], answer[3]))
    return [found[version] for version in sorted(found)]


def build(interpreter, folder):
    """A copy of the package with the accelerator beside it, or None with the reason."""
    version, _, include, suffix = interpreter
    compiler = shutil.which(os.environ.get('CC', 'cc'))
    if int(version.split('.')[1]) < 8:
        return None, 'the accelerator needs 3.8'
    if compiler is None or not os.path.exists(os.path.join(include, 'Python.h')):
        return None, 'no compiler or no headers'
    copy = os.path.join(folder, version)
    shutil.copytree(os.path.join(PACKAGE, 'heapsnap'), os.path.join(copy, 'heapsnap'),
                    ignore=shutil.ignore_patterns('*.so', '__pycache__'))
    command = [compiler, '-std=c11', '-O1', '-Wall', '-Wextra', '-Wno-missing-field-initializers',
               '-Werror', '-shared', '-fPIC', '-DHAVE_ZLIB', '-isystem', include]
    command += sorted(glob.glob(os.path.join(PACKAGE, 'src', '*.c')))
    command += ['-lz', '-o', os.path.join(copy, 'heapsnap', '_heapsnap' + suffix)]
    built = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return copy, built.stdout.decode() if built.returncode else None


def suite(interpreter, package, mode, names):
    """The lines of one run, each starting with ok, skip or FAIL."""
    try:
        ran = subprocess.run([interpreter[1], os.path.join(HERE, 'suite.py'), package, mode] + names,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return ['FAIL suite: no end after %d s' % TIMEOUT_S]
    lines = ran.stdout.decode('utf-8', 'replace').split('\n')
    if ran.returncode:
        lines.append('FAIL suite: exit code %d: %s' % (
            ran.returncode, ran.stderr.decode('utf-8', 'replace')[-2000:]))
    return lines


def both(interpreter, folder, names):
    package, problem = build(interpreter, folder)
    fast = package is not None and not problem
    found = [('pure', suite(interpreter, PACKAGE, 'pure',
                            names or (PURE_NAMES if fast else [])))]
    if package is None:
        found.append(('c', ['skip accelerator: %s' % problem]))
    elif problem:
        found.append(('c', ['FAIL accelerator: %s' % problem]))
    else:
        found.append(('c', suite(interpreter, package, 'c', names)))
    return interpreter[0], found


def main():
    verbose = '-v' in sys.argv[1:]
    names = [name for name in sys.argv[1:] if name != '-v']
    counts = {'ok': 0, 'FAIL': 0, 'skip': 0}
    folder = tempfile.mkdtemp(prefix='heapsnap-build-')
    try:
        with ThreadPoolExecutor(WORKERS) as pool:
            for version, found in pool.map(lambda one: both(one, folder, names), interpreters()):
                for mode, lines in found:
                    mine = dict((word, sum(line.startswith(word + ' ') for line in lines))
                                for word in counts)
                    print('%-8s %-4s %3d passed, %d failed, %d skipped' % (
                        version, mode, mine['ok'], mine['FAIL'], mine['skip']))
                    for word in counts:
                        counts[word] += mine[word]
                    for line in lines:
                        if verbose or not line.startswith(('ok ', 'skip ')) and line:
                            print('    ' + line)
                    sys.stdout.flush()
    finally:
        shutil.rmtree(folder)
    print('%d passed, %d failed, %d skipped' % (counts['ok'], counts['FAIL'], counts['skip']))
    return 1 if counts['FAIL'] or not counts['ok'] else 0


if __name__ == '__main__':
    sys.exit(main())
