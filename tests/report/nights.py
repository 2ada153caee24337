# SPDX-License-Identifier: MIT
"""Simulated nights with the truth known: does the default policy find what was planted, and nothing else?

    nights.py --bin build/tools [--nights 200] [--seed 1] [SCENARIO...]

Each scenario is a service of forty types, dumped once a night into a history. All have noise of every type, a
weekly wave and a cache that breathes; most have one regression. Prints a line a scenario and, as the last
one, counts.
"""
import argparse
import json
import math
import os
import random
import subprocess
import sys
import tempfile

DAY_MS = 86400000
START_MS = 1767225600000  # 2026-01-01
TYPES = 40
HEAP = 100_000_000

# name: (first night of the regression as a share of the nights, nights until it must be found, at most)
SCENARIOS = {
    'clean': None,
    'season': None,
    'cache': None,
    'step': (0.6, 3),
    'small_step': (0.6, 3),
    'spike': (0.6, 1),
    'creep': (0.6, 26),
    'type_leak': (0.6, 8),
    'cycle': (0.6, 3),
}


def sizes_of(scenario, nights, seed):
    """Bytes by type for each night, and the cycles of it."""
    rng = random.Random(f'{scenario}-{seed}')
    base = [rng.lognormvariate(0, 1) for _ in range(TYPES)]
    scale = HEAP / sum(base)
    base = [size * scale for size in base]
    plan = SCENARIOS[scenario]
    began = int(nights * plan[0]) if plan else nights + 1
    cache = 0.0
    for night in range(nights):
        load = 1 + 0.01 * rng.gauss(0, 1) + 0.04 * math.sin(2 * math.pi * night / 7)
        if scenario == 'season':
            load += 0.06 * math.sin(2 * math.pi * night / 365) + 0.04 * math.sin(2 * math.pi * night / 91)
        sizes = [size * load * math.exp(0.02 * rng.gauss(0, 1)) for size in base]
        cache = 0.7 * cache + (0.35 if scenario == 'cache' else 0.15) * rng.gauss(0, 1)
        sizes[0] = HEAP * 0.08 * math.exp(cache)
        since = night - began
        if scenario == 'step' and since >= 0:
            sizes[5] += HEAP * 0.30
        if scenario == 'small_step' and since >= 0:
            sizes[5] += HEAP * 0.18
        if scenario == 'spike' and since == 0:
            sizes[7] += HEAP * 0.6
        if scenario == 'creep' and since >= 0:
            sizes[9] += HEAP * (1.03 ** (since / 7) - 1)
        if scenario == 'type_leak' and since >= 0:
            sizes[11] = base[11] + HEAP * 0.004 * (since + 1) * (1 + 0.1 * rng.random())
        yield sizes, (25 if scenario == 'cycle' and since >= 0 else 0), since


def write_dump(path, night, sizes, cycles):
    lines = [{'heapsnap': 1, 'runtime': 'cpython', 'pid': 1, 'host': 'night', 'label': f'night-{night}',
              'captured_at_unix_ms': START_MS + night * DAY_MS, 'facts': {'gc.pause.longest_ns': 4000000}}]
    lines += [{'type': i, 'name': f'T{i}', 'module': 'app'} for i in range(TYPES)]
    lines += [{'type': TYPES, 'name': 'module', 'kind': 'module'},
              {'type': TYPES + 1, 'name': 'Parent', 'module': 'app'},
              {'type': TYPES + 2, 'name': 'Child', 'module': 'app'},
              {'string': 0, 'text': 'child'}, {'string': 1, 'text': 'parent'}]
    place = 0x10000
    held = []
    for i, size in enumerate(sizes):
        for part in range(4):
            held.append(place)
            lines.append({'object': place, 'type': i, 'size': int(size / 4), 'rc': 1, 'flags': 1})
            place += 64
    for kind in range(3 + cycles):
        parent = place
        names = (TYPES + 1, TYPES + 2) if kind >= 3 else (1, 2)
        lines.append({'object': parent, 'type': names[0], 'size': 48, 'rc': 2, 'flags': 1,
                      'attr': [0, parent + 64]})
        lines.append({'object': parent + 64, 'type': names[1], 'size': 48, 'rc': 1, 'flags': 1,
                      'attr': [1, parent]})
        held.append(parent)
        place += 128
    lines.append({'object': place, 'type': TYPES, 'size': 72, 'rc': 1, 'flags': 1, 'text': 'app',
                  'item': held})
    lines.append({'root': place, 'kind': 'module', 'name': 'app'})
    with open(path, 'w', encoding='utf-8') as file:
        for line in lines:
            file.write(json.dumps(line) + '\n')
        objects = [line for line in lines if 'object' in line]
        counts = {'end': 1, 'objects': len(objects), 'types': TYPES + 3, 'strings': 2, 'roots': 1,
                  'references': sum(len(o.get('item', ())) + len(o.get('attr', ())) // 2 for o in objects)}
        file.write(json.dumps(counts) + '\n')


def run(scenario, args, folder):
    """(nights on which something was found in the clean part, night of the first finding after it began)."""
    policy = os.path.join(folder, 'policy.yaml')
    history = os.path.join(folder, scenario + '.db')
    dump = os.path.join(folder, scenario + '.jsonl')
    with open(policy, 'w', encoding='utf-8') as file:
        file.write('keep: {graphs: 2}\n')
    false, found, absorbed = [], None, []
    for night, (sizes, cycles, since) in enumerate(sizes_of(scenario, args.nights, args.seed)):
        write_dump(dump, night, sizes, cycles)
        done = subprocess.run([os.path.join(args.bin, 'snapreport'), policy, '-q', '--history', history, dump,
                               '--json'], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode not in (0, 1):
            raise SystemExit(f'{scenario}, night {night}: status {done.returncode}: {done.stderr.decode()}')
        if done.returncode == 0:
            continue
        report = json.loads(done.stdout.decode())
        if since < 0:
            false.append((night, report['headline']))
        elif found is None:
            found = (since, report['headline'])
        else:
            absorbed.append(since)
    return false, found, absorbed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--bin', required=True)
    parser.add_argument('--nights', type=int, default=120)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('scenarios', nargs='*')
    args = parser.parse_args()
    failed = 0
    names = args.scenarios or list(SCENARIOS)
    with tempfile.TemporaryDirectory(prefix='heapsnap-nights-') as folder:
        for name in names:
            false, found, after = run(name, args, folder)
            plan = SCENARIOS[name]
            ok = not false and (plan is None or (found is not None and found[0] < plan[1]))
            failed += not ok
            late = f'found in night {found[0]} of it: {found[1]}' if found else 'nothing found'
            print(f'{"ok" if ok else "not ok"}: {name}: {len(false)} false alarms; {late}')
            for night, headline in false:
                print(f'    night {night}: {headline}')
            if after:
                print(f'    again in nights {after}')
    print(f'{len(names) - failed} passed, {failed} failed, 0 skipped')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
