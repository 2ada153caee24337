# SPDX-License-Identifier: MIT
"""Installs a build into a new folder; a program outside the tree finds it through pkg-config."""
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def run(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          **options)
    if done.returncode != 0:
        print(f'{shlex.join(command)}: status {done.returncode}\n{done.stdout}')
        sys.exit(1)
    return done.stdout


def find(folder, name):
    for path, _, names in os.walk(folder):
        if name in names:
            return os.path.join(path, name)
    print(f'{name} is not installed')
    sys.exit(1)


def program(headers):
    """A program that includes every public header and asks for the version."""
    lines = [f'#include <heapsnap/{header}>' for header in headers]
    lines += ['#include <stdio.h>', 'int main(void)', '{',
              '    return puts(hsn_version()) == EOF;', '}', '']
    return '\n'.join(lines)


def main():
    build = sys.argv[1]
    headers = sorted(name for name in os.listdir(os.path.join(ROOT, 'lib', 'heapsnap'))
                     if name.endswith('.h'))
    folder = tempfile.mkdtemp(prefix='heapsnap-install-')
    try:
        run(['meson', 'install', '-C', build, '--no-rebuild', '--quiet', '--destdir', folder])
        pc = find(folder, 'heapsnap.pc')
        for header in headers:
            find(folder, header)
        libdir = os.path.dirname(find(folder, 'libheapsnap.so'))
        source = os.path.join(folder, 'user.c')
        with open(source, 'w') as file:
            file.write(program(headers))
        env = dict(os.environ, PKG_CONFIG_PATH=os.path.dirname(pc), PKG_CONFIG_SYSROOT_DIR=folder)
        flags = shlex.split(run(['pkg-config', '--cflags', '--libs', 'heapsnap'], env=env))
        version = run(['pkg-config', '--modversion', 'heapsnap'], env=env).strip()
        binary = os.path.join(folder, 'user')
        run(['cc', '-std=c11', '-Wall', '-Wextra', '-Werror', source, '-o', binary, *flags])
        printed = run([binary], env=dict(os.environ, LD_LIBRARY_PATH=libdir)).strip()
        if printed != version or not re.fullmatch(r'\d+\.\d+\.\d+', printed):
            print(f'the program printed {printed!r}, pkg-config says {version!r}')
            return 1
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == '__main__':
    sys.exit(main())
