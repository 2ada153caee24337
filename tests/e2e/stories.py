# SPDX-License-Identifier: MIT
"""Runs the programs of testdata/stories and looks for their leaks: stories.py aiohttp|pyplot."""
import http.client
import json
import os
import shutil
import subprocess
import sys
import time

import e2elib

STORIES = os.path.join(e2elib.ROOT, 'testdata', 'stories')
POSTS = 200
FIELDS = 5


def line_of(path, text):
    with open(path) as file:
        for number, line in enumerate(file, 1):
            if text in line:
                return number
    raise ValueError(text)


def interpreter(*modules):
    """A python3 that has the modules, or None."""
    for python in (sys.executable, '/usr/bin/python3'):
        if os.path.exists(python) and subprocess.run(
                [python, '-c', 'import ' + ', '.join(modules)], stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL).returncode == 0:
            return python
    return None


# ---- aiohttp

def build_extension(python, folder):
    """None, or why there is no extension."""
    said = subprocess.run([python, '-c', 'import sysconfig; print(sysconfig.get_path("include")); '
                           'print(sysconfig.get_config_var("EXT_SUFFIX"))'], stdout=subprocess.PIPE,
                          text=True, check=True).stdout.split()
    include, suffix = said
    compiler = shutil.which(os.environ.get('CC', 'cc'))
    if compiler is None or not os.path.exists(os.path.join(include, 'Python.h')):
        return 'no compiler or no Python.h'
    done = subprocess.run([compiler, '-shared', '-fPIC', '-O1', '-isystem', include,
                           os.path.join(STORIES, 'aiohttp', 'fields.c'),
                           '-o', os.path.join(folder, 'fields' + suffix)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return None if done.returncode == 0 else 'the extension does not compile: ' + done.stdout


class Client:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection('127.0.0.1', port, timeout=60)

    def ask(self, method, path, body=None):
        self.connection.request(method, path, body, {'Content-Type': 'application/json'})
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.status != 200:
            raise RuntimeError('%s: status %d: %r' % (path, answer.status, data[:500]))
        return data

    def post_all(self, begin):
        for i in range(begin, begin + POSTS):
            form = {'Field-%d-%d-%s' % (i, k, 'x' * 40): 'value' for k in range(FIELDS)}
            said = json.loads(self.ask('POST', '/submit', json.dumps(form)))
            assert said == {'fields': FIELDS}, said

    def save(self, path, file):
        with open(file, 'wb') as out:
            out.write(self.ask('GET', path))


def drive(port, folder):
    client = Client(port)
    files = {what + when: os.path.join(folder, what + when + ending)
             for what, ending in (('trace', '.pickle'), ('heap', '.jsonl'))
             for when in ('-before', '-after')}
    client.post_all(0)
    client.save('/trace', files['trace-before'])
    client.save('/heap', files['heap-before'])
    client.post_all(POSTS)
    client.save('/trace', files['trace-after'])
    client.save('/heap', files['heap-after'])
    return files


def start_server(python, folder):
    port_file = os.path.join(folder, 'port')
    env = e2elib.python_environment()
    env['PYTHONPATH'] += os.pathsep + folder
    server = subprocess.Popen([python, os.path.join(STORIES, 'aiohttp', 'server.py'), port_file],
                              env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not os.path.exists(port_file):
        if server.poll() is not None or time.monotonic() > deadline:
            server.kill()
            raise RuntimeError('the server does not start')
        time.sleep(0.05)
    with open(port_file) as file:
        return server, int(file.read())


def judge_aiohttp(cases, files):
    program = os.path.join(STORIES, 'aiohttp', 'server.py')
    line = line_of(program, 'form.add(name, value)')
    rows = e2elib.rows(cases, 'snapdiff', files['trace-before'], files['trace-after'], '--by', 'lineno')
    first = rows[0] if rows else {}
    cases.check(first.get('file') == program and first.get('line') == line,
                'snapdiff --by lineno: the line that fills the mapping comes first', rows[:3])
    cases.check(first.get('count_delta', 0) >= POSTS * FIELDS,
                'snapdiff --by lineno counts a block for every field', first)
    rows = e2elib.rows(cases, 'refaudit', files['heap-before'], files['heap-after'])
    first = rows[0] if rows else {}
    cases.check(first.get('type') == 'fields.Fields' and first['unexplained_delta'] == POSTS,
                'refaudit: a mapping for every request is held by C code', rows[:3])
    rows = e2elib.rows(cases, 'snapdiff', files['heap-before'], files['heap-after'], '--why', '-n', '3')
    first = rows[0] if rows else {}
    at = first.get('allocated_at') or {}
    cases.check(first.get('kind') == 'extref' and first.get('type') == 'fields.Fields' and
                first['count_delta'] == POSTS and at.get('file') == program and
                at.get('line') == line_of(program, 'fields.Fields()'),
                'snapdiff --why: held from C, allocated where the mapping is made', rows[:1])


def aiohttp(cases):
    python = interpreter('aiohttp')
    if not python:
        return cases.skip('aiohttp is not installed')
    with e2elib.Folder('aiohttp') as folder:
        why = build_extension(python, folder)
        if why:
            return cases.skip(why)
        server, port = start_server(python, folder)
        try:
            files = drive(port, folder)
        finally:
            server.stdin.close()
            status = server.wait(30)
        cases.check(status == 0, 'the server ends well', status)
        judge_aiohttp(cases, files)


# ---- pyplot

def judge_pyplot(cases, folder):
    program = os.path.join(STORIES, 'pyplot', 'report.py')
    line = line_of(program, 'plt.subplots(')

    def snapshot(name):
        return os.path.join(folder, name + '.pickle')

    def own(rows):
        """Rows of lines in chart(): what the job's author can change."""
        low, high = line_of(program, 'def chart'), line_of(program, 'def snapshot')
        return [row for row in rows if row['file'] == program and low < row['line'] < high]

    by_line = ('--by', 'lineno', '--cumulative', '-n', '0')
    rows = own(e2elib.rows(cases, 'snapdiff', snapshot('start'), snapshot('batch2'), *by_line))
    cases.check(rows and rows[0]['line'] == line,
                'snapdiff at the peak: of the chart\'s lines, the one that makes the figure grew most', rows[:3])
    peak = rows[0]['size_bytes_delta'] if rows else 0
    rows = own(e2elib.rows(cases, 'snapgrow', *map(snapshot, ('start', 'batch0', 'batch1', 'batch2')),
                           *by_line))
    steady = [row for row in rows if row['grew_every_step']]
    cases.check(steady and steady[0]['line'] == line and steady[0]['slope_bytes'] > 100000,
                'snapgrow: it grew with every batch', rows[:3])
    rows = own(e2elib.rows(cases, 'snapdiff', snapshot('start'), snapshot('end'), *by_line))
    left = [row['size_bytes_delta'] for row in rows if row['line'] == line]
    cases.check(peak > 1000000 and left and left[0] < peak / 10,
                'snapdiff at the end: closing the figures gave it back', peak, left)
    rows = own(e2elib.rows(cases, 'snaptop', snapshot('batch2'), *by_line))
    cases.check(rows and rows[0]['line'] == line, 'snaptop: the peak by line', rows[:3])


def pyplot(cases):
    python = interpreter('matplotlib')
    if not python:
        return cases.skip('matplotlib is not installed')
    with e2elib.Folder('pyplot') as folder:
        env = e2elib.python_environment()
        env.update(MPLCONFIGDIR=folder, HOME=folder)
        ran = subprocess.run([python, os.path.join(STORIES, 'pyplot', 'report.py'), folder], env=env,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, timeout=240)
        if cases.check(ran.returncode == 0, 'the report is drawn', ran.stdout):
            judge_pyplot(cases, folder)


def main():
    cases = e2elib.Cases()
    {'aiohttp': aiohttp, 'pyplot': pyplot}[sys.argv[1]](cases)
    return cases.finish()


sys.exit(main())
