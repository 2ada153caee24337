# SPDX-License-Identifier: MIT
"""What cyclefind calls garbage, and only that, is what the collector of the same process then finds."""
import json
import os
import subprocess
import sys

import e2elib


def test(cases):
    here = os.path.dirname(os.path.abspath(__file__))
    with e2elib.Folder('collector') as folder:
        dump, found_path = os.path.join(folder, 'dump.jsonl'), os.path.join(folder, 'found.json')
        environment = dict(os.environ, PYTHONPATH=e2elib.CAPTURE)
        subprocess.run([sys.executable, '-B', os.path.join(here, 'collector_app.py'), dump, found_path],
                       check=True, env=environment)
        with open(found_path, encoding='utf-8') as found_file:
            found = set(json.load(found_file))
        rows = json.loads(e2elib.run('cyclefind', dump, '--json', '--limit', '0').stdout)['rows']
    kinds = {row['kind'] for row in rows}
    cases.check(kinds == {'live', 'garbage', 'pinned'}, 'all three kinds are there', kinds)
    types = {step['type'] for row in rows if row['kind'] == 'garbage' for step in row['shortest_cycle']}
    for name in ('Node', 'Pair', 'ZeroDivisionError'):
        cases.check(any(t.rsplit('.', 1)[-1] == name for t in types), f'{name} is in garbage', types)
    for row in rows:
        hits = [int(step['address'], 16) in found for step in row['shortest_cycle']]
        ok = all(hits) if row['kind'] == 'garbage' else not any(hits)
        cases.check(ok, f"component {row['component']} is {row['kind']}", hits, row['shortest_cycle'])


if __name__ == '__main__':
    all_cases = e2elib.Cases()
    test(all_cases)
    sys.exit(all_cases.finish())
