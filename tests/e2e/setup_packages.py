# SPDX-License-Identifier: MIT
"""tools/setup without a network: says what to run when it may not, and asks apt-get when it may."""
import os
import stat
import subprocess

import e2elib

SETUP = os.path.join(e2elib.ROOT, 'tools', 'setup')


def program(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, 'w', encoding='utf-8') as file:
        file.write('#!/bin/sh\n' + text + '\n')
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)


def setup(folder, *arguments):
    """Runs it with the programs of `folder` in front of the machine's."""
    return subprocess.run([SETUP, *arguments], env=dict(os.environ, PATH=folder + ':/usr/bin:/bin'),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True)


def asked(folder):
    path = os.path.join(folder, 'asked')
    if not os.path.exists(path):
        return []
    with open(path, encoding='utf-8') as file:
        return file.read().splitlines()


def machine(folder, has, user, apt_status=0):
    """A machine that has these packages, seen by this user; apt-get writes down what it is asked."""
    os.makedirs(folder)
    words = ' | '.join(has) or 'nothing'
    program(folder, 'dpkg-query', f'for p; do :; done\ncase $p in {words}) printf installed ;; *) exit 1 ;; esac')
    program(folder, 'apt-get', f'echo "$*" >> {folder}/asked\nexit {apt_status}')
    program(folder, 'id', f'echo {user}')
    program(folder, 'sudo', 'exit 1')


def test(cases):
    listed = setup('/nonexistent', '--list', '--for=test')
    packages = listed.stdout.split()
    cases.check(listed.returncode == 0 and len(packages) == len(set(packages)) > 15, 'lists packages',
                packages)
    built = setup('/nonexistent', '--list').stdout.split()
    cases.check(set(built) < set(packages), 'building needs fewer than testing', built)
    some = [name for name in packages if name not in ('meson', 'python3-objgraph')]
    with e2elib.Folder('setup') as folder:
        place = os.path.join(folder, 'whole')
        machine(place, packages, 1000)
        done = setup(place, '--for=test')
        cases.check(done.returncode == 0 and not asked(place) and not done.stderr,
                    'nothing missing: silence', done.stderr)

        place = os.path.join(folder, 'user')
        machine(place, some, 1000)
        done = setup(place, '--for=test')
        cases.check(done.returncode == 2 and 'meson' in done.stderr and
                    'apt-get install' in done.stderr and not asked(place),
                    'an ordinary user: the line to run, status 2', done.returncode, done.stderr)

        place = os.path.join(folder, 'optional')
        machine(place, some + ['meson'], 1000)
        done = setup(place, '--for=test')
        cases.check(done.returncode == 0 and 'python3-objgraph' in done.stderr,
                    'only an optional one missing: said, status 0', done.stderr)

        place = os.path.join(folder, 'root')
        machine(place, some, 0)
        done = setup(place, '--for=test')
        lines = asked(place)
        cases.check(done.returncode == 0 and len(lines) == 3 and lines[0].endswith('update') and
                    lines[1].endswith('meson') and lines[2].endswith('python3-objgraph'),
                    'root: update, the needed ones, the optional ones', lines, done.stderr)

        place = os.path.join(folder, 'offline')
        machine(place, some, 0, apt_status=100)
        done = setup(place, '--for=test')
        cases.check(done.returncode == 2 and 'meson' in done.stderr, 'root, apt-get fails: status 2',
                    done.returncode, done.stderr)

        place = os.path.join(folder, 'offline-optional')
        machine(place, some + ['meson'], 0, apt_status=100)
        done = setup(place, '--for=test')
        cases.check(done.returncode == 0 and 'python3-objgraph' in done.stderr,
                    'root, apt-get fails for an optional one: status 0', done.returncode, done.stderr)
    done = setup('/nonexistent', '--nonsense')
    cases.check(done.returncode == 2 and '--nonsense' in done.stderr, 'an unknown option is named')


if __name__ == '__main__':
    e2elib.main(test)
