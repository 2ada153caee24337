# SPDX-License-Identifier: MIT
"""tools/quickstart does what the README says: captures, loads, shows, and names files that exist."""
import os
import re
import shutil
import subprocess
import xml.dom.minidom

import e2elib

COMMANDS = ['snapload a.jsonl.gz', 'snapload b.jsonl.gz', 'snapdiff a.db b.db', 'cyclefind b.db --svg',
            'backrefs b.db sessions.Session --chain', 'backrefs b.db sessions.Session --svg']


def sections(text):
    """The output of each command that the script shows."""
    parts = re.split(r'^\$ (.*)$', text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def test(cases):
    build = os.path.dirname(os.path.abspath(e2elib.BIN))
    with e2elib.Folder('quickstart') as folder:
        output = os.path.join(folder, 'out')
        done = subprocess.run([os.path.join(e2elib.ROOT, 'tools', 'quickstart'), '--build=' + build,
                               '--output=' + output], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors='replace', timeout=300)
        if not cases.check(done.returncode == 0, 'quickstart succeeds', done.stdout):
            return
        shown = sections(done.stdout)
        for command in COMMANDS:
            cases.check(any(said.startswith(command) for said in shown), f'shows {command}',
                        list(shown))
        diff = shown.get('snapdiff a.db b.db', '')
        cases.check('sessions.Session' in diff and '2000' in diff.replace(',', ''),
                    'snapdiff shows 2000 more sessions', diff)
        chain = shown.get('backrefs b.db sessions.Session --chain', '')
        cases.check('_sessions' in chain, 'the chain goes through _sessions', chain)
        files = re.findall(r'^    (\S+)$', done.stdout.split('wrote into')[-1], re.M)
        cases.check(len(files) >= 6 and all(os.path.getsize(os.path.join(output, name)) > 0
                                            for name in files), 'names the files that it wrote', files)
        drawings = [name for name in files if name.endswith('.svg')]
        cases.check(len(drawings) == 2, 'two drawings', files)
        for name in drawings:
            document = xml.dom.minidom.parse(os.path.join(output, name))
            text = document.toxml()
            cases.check(document.documentElement.tagName == 'svg' and 'Session' in text,
                        f'{name} is an SVG that shows sessions')
            if not shutil.which('rsvg-convert'):
                cases.skip('no rsvg-convert')
                continue
            picture = subprocess.run(['rsvg-convert', os.path.join(output, name)],
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            cases.check(picture.returncode == 0 and picture.stdout.startswith(b'\x89PNG'),
                        f'{name} is drawn by another program', picture.stderr)
        done = subprocess.run([os.path.join(e2elib.ROOT, 'tools', 'quickstart'), '--nonsense'],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        cases.check(done.returncode == 2 and '--nonsense' in done.stderr, 'an unknown option is named')


if __name__ == '__main__':
    e2elib.main(test)
