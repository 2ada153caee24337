# SPDX-License-Identifier: MIT
"""docs/howto-nightly.md in an empty folder: every command, every status, everything that it shows."""
import json
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'e2e'))
import documents  # noqa: E402
import e2elib  # noqa: E402

GUIDE = 'docs/howto-nightly.md'


def checkout(folder):
    """What the guide's reader has: the source in heapsnap/, and the build in heapsnap/build."""
    source = os.path.join(folder, 'heapsnap')
    os.mkdir(source)
    for name in ('tools', 'testdata', 'docs', 'lib', 'schemas', 'meson.build'):
        os.symlink(os.path.join(e2elib.ROOT, name), os.path.join(source, name))
    os.symlink(os.path.dirname(os.path.abspath(e2elib.BIN)), os.path.join(source, 'build'))


def check_report(cases, folder, env):
    """The finding of the third night as the guide tells it, from the tool's JSON."""
    policy = os.path.join(folder, 'third.yaml')
    with open(policy, 'w') as file:
        file.write('name: third\n')
    done = subprocess.run([e2elib.tool('snapreport'), policy, 'night1.jsonl.gz', 'night2.jsonl.gz',
                           'night3.jsonl.gz', '--json'], cwd=folder, env=env, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if not cases.check(done.returncode == 1, 'version 3 is a regression', done.returncode, done.stderr):
        return
    rows = json.loads(done.stdout)['rows']
    causes = [row for row in rows if row['path'] == 'parcels.tracker.answers[*]']
    if cases.check(causes, 'a finding names the holder', rows):
        where = causes[0]['allocated_at'] or ''
        file_name, _, number = where.rpartition(':')
        path = os.path.join(folder, 'heapsnap', 'testdata', 'nightly', 'v3', 'parcels.py')
        with open(path, encoding='utf-8') as file:
            line = file.read().split('\n')[int(number or 1) - 1]
        cases.check(os.path.basename(file_name) == 'parcels.py' and 'Answer(request' in line,
                    'and the line that allocates', where, line)


def check_job(cases, folder, env):
    """The step of the ready GitHub job that judges, with the guide's policy and nights."""
    job = documents.read(e2elib.ROOT, 'docs/examples/github-actions.yml')
    step = re.search(r'- name: Judge\n +run: >\n((?: {10}.*\n)+)', job)
    if not cases.check(step, 'the job has a step that judges'):
        return
    command = ' '.join(step.group(1).split())
    work = os.path.join(folder, 'job')
    os.mkdir(work)
    for night, status in ((1, 0), (2, 0), (3, 1)):
        for name, source in (('policy.yaml', 'policy.yaml'), ('night.jsonl.gz', f'night{night}.jsonl.gz')):
            shutil.copy(os.path.join(folder, source), os.path.join(work, name))
        done = subprocess.run(['bash', '-ec', command], cwd=work, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env)
        cases.check(done.returncode == status, f'the job of night {night}: status {done.returncode}',
                    done.stdout)
    cases.check('::error file=' in done.stdout and 'parcels.py,line=55' in done.stdout,
                'the job points at the line', done.stdout)


def test(cases):
    with e2elib.Folder('howto') as folder:
        checkout(folder)
        env = {name: value for name, value in os.environ.items()
               if not name.startswith('PYTHON') and name != 'HEAPSNAP_BIN'}
        # `python3` is the interpreter that runs the tests.
        programs = os.path.join(folder, 'programs')
        os.mkdir(programs)
        with open(os.path.join(programs, 'python3'), 'w') as file:
            file.write(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        os.chmod(os.path.join(programs, 'python3'), 0o755)
        env.update(PATH=programs + os.pathsep + env['PATH'], LC_ALL='C.UTF-8', PYTHONDONTWRITEBYTECODE='1')
        text = documents.read(e2elib.ROOT, GUIDE)
        documents.run_document(cases, GUIDE, text, folder, env)
        check_report(cases, folder, env)
        tools = os.path.join(folder, 'heapsnap', 'build', 'tools')
        check_job(cases, folder, dict(env, PATH=tools + os.pathsep + env['PATH']))
        for name in ('report.html', 'report.md', 'heapsnap.prom', 'history.db'):
            cases.check(os.path.exists(os.path.join(folder, name)), f'{name} was written')
        for block in documents.blocks(text):
            cases.check(block.kind != 'sh' or documents.commands(block), 'a block without commands')


if __name__ == '__main__':
    e2elib.main(test)
