# SPDX-License-Identifier: MIT
"""docs/examples: what is there parses, and the nightly script judges real dumps."""
import glob
import os
import re
import shutil
import signal
import subprocess
import sys

from servelib import PACKAGE, Folder, Skip, dumps, e2elib, main, until

EXAMPLES = os.path.join(e2elib.ROOT, 'docs', 'examples')
NIGHTLY = os.path.join(EXAMPLES, 'nightly.sh')
SERVICE = """import os, sys, time
import heapsnap
heapsnap.install(sys.argv[1])
with open(sys.argv[2] + '.new', 'w') as file:
    file.write('%d' % os.getpid())
os.rename(sys.argv[2] + '.new', sys.argv[2])
time.sleep(120)
"""


def text(name):
    with open(os.path.join(EXAMPLES, name), encoding='utf-8') as file:
        return file.read()


def yaml():
    try:
        import yaml as found
    except ImportError:
        raise Skip('no Python package yaml')
    return found


def sh_syntax(script):
    done = subprocess.run(['sh', '-n'], input=script.encode(), stderr=subprocess.PIPE)
    assert done.returncode == 0, (done.stderr, script)


def test_all_are_listed():
    listed = re.findall(r'\]\(([^)/]+)\)', text('README.md'))
    assert sorted(listed) == sorted(name for name in os.listdir(EXAMPLES)
                                    if name != 'README.md' and name[0] not in '._')


def test_yaml_parses_and_its_scripts_too():
    names = glob.glob(os.path.join(EXAMPLES, '*.y*ml'))
    assert len(names) == 4
    found = {os.path.basename(name): list(yaml().safe_load_all(text(os.path.basename(name))))
             for name in names}
    compose = found['compose.yaml'][0]
    for mount in sum((one['volumes'] for one in compose['services'].values()), []):
        assert mount.split(':')[0] in compose['volumes']
    sh_syntax(compose['services']['heapsnap']['command'][2].replace('$$', '$'))
    deployment, claim = found['kubernetes.yaml']
    spec = deployment['spec']['template']['spec']
    volumes = {volume['name'] for volume in spec['volumes']}
    for container in spec['containers']:
        assert {mount['name'] for mount in container['volumeMounts']} <= volumes
    sh_syntax(spec['containers'][1]['args'][0])
    assert claim['metadata']['name'] == spec['volumes'][2]['persistentVolumeClaim']['claimName']
    for step in found['github-actions.yml'][0]['jobs']['memory']['steps']:
        assert 'uses' in step or 'run' in step
        if 'run' in step:
            sh_syntax(step['run'])
    job = found['gitlab-ci.yml'][0]['memory']
    for line in job['before_script'] + job['script']:
        sh_syntax(line)


def test_shell_and_python_parse():
    sh_syntax(text('nightly.sh'))
    assert os.access(NIGHTLY, os.X_OK)
    for path in glob.glob(os.path.join(EXAMPLES, '*.py')):
        compile(text(os.path.basename(path)), path, 'exec')


def test_cron_lines():
    lines = [line for line in text('heapsnap.cron').splitlines() if line and line[0] != '#']
    for line in lines:
        assert re.match(r'[A-Z]+=\S+$|(\S+ ){5}[a-z]+ /\S+', line), line


def test_systemd_units():
    if shutil.which('systemd-analyze') is None:
        raise Skip('no systemd-analyze')
    with Folder() as folder:
        for name in glob.glob(os.path.join(EXAMPLES, 'heapsnap-nightly@*')):
            with open(os.path.join(folder, os.path.basename(name)), 'w') as file:
                # Of the program it is asked whether it is there.
                file.write(text(os.path.basename(name)).replace('/usr/local/lib/heapsnap/nightly.sh', NIGHTLY))
        for ending in ('service', 'timer'):
            done = subprocess.run(['systemd-analyze', 'verify', '--man=no', os.path.join(
                folder, 'heapsnap-nightly@shop.' + ending)], stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, env=dict(os.environ, SYSTEMD_UNIT_PATH=folder + ':'))
            said = [line for line in done.stdout.decode().splitlines() if 'heapsnap-nightly' in line]
            assert not said, said


def nightly(*arguments):
    env = dict(os.environ, PATH=e2elib.BIN + os.pathsep + os.environ['PATH'], HEAPSNAP_WAIT_S='30')
    return subprocess.run([NIGHTLY, *arguments], env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)


def test_the_nightly_script():
    if not e2elib.have('snapreport'):
        raise Skip('no snapreport')
    with Folder() as folder:
        heap, state = os.path.join(folder, 'heap'), os.path.join(folder, 'state')
        pid_file = os.path.join(folder, 'pid')
        assert nightly().returncode == 2
        env = dict(os.environ, PYTHONPATH=os.environ.get('HEAPSNAP_TEST_PACKAGE', PACKAGE))
        service = subprocess.Popen([sys.executable, '-c', SERVICE, heap, pid_file], env=env)
        try:
            assert until(lambda: os.path.exists(pid_file))
            done = nightly(heap, state)
            assert done.returncode == 2 and b'no dump in' in done.stdout, done.stdout
            for night in (1, 2):
                done = nightly(heap, state, pid_file)
                assert done.returncode == 0, (done.returncode, done.stdout)
                assert len(dumps(heap)) == night
            assert sorted(os.listdir(state)) == ['heapsnap.prom', 'history.db', 'policy.yaml', 'report.html'], os.listdir(state)
            done = nightly(heap, state)                  # the newest as it is
            assert done.returncode == 2 and b'already' in done.stdout, done.stdout
        finally:
            service.send_signal(signal.SIGKILL)
            service.wait()


if __name__ == '__main__':
    main()
