# SPDX-License-Identifier: MIT
"""Dominators and retained bytes of real heaps, of several CPythons, of a service and of Node, are NetworkX's."""
import glob
import json
import os
import shutil
import subprocess
import sys

import e2elib
import v8heap

try:
    import networkx
except ImportError:
    print('SKIP: networkx is not installed')
    sys.exit(77)

PROGRAM = '''
import collections, sys
import heapsnap
class Node:
    def __init__(self, parent=None):
        self.parent, self.kids, self.data = parent, [], {'x': [1, 2], 'y': object()}
cache = {}
for i in range(60):
    node = cache['k%d' % i] = Node()
    node.kids = [Node(node) for _ in range(3)]
order = collections.OrderedDict((i, Node()) for i in range(30))
for i in range(20):
    pair = Node(), Node()
    pair[0].parent, pair[1].parent = pair[1], pair[0]
del pair, node
heapsnap.dump(sys.argv[1])
'''
STEP = {'attr': 2, 'slot': 2, 'cell': 2, 'default': 2, 'local': 2, 'internal': 2}


def targets(row):
    """The strong references of a row of the dump, as docs/formats says."""
    for key, value in row.items():
        if key in STEP:
            yield from value[1::2]
        elif key == 'dict':
            for i in range(0, len(value), 3):
                yield from value[i + 1:i + 3]
        elif key in ('item', 'elem', 'ref'):
            yield from value
        elif key == 'class':
            yield value


def read(path):
    objects, declared, types = {}, set(), {}
    with open(path, encoding='utf-8') as file:
        for line in file:
            row = json.loads(line)
            if next(iter(row)) == 'type':
                types[row['type']] = row['name']
            elif next(iter(row)) == 'object':
                if types[row['type']] == '_lru_list_elem':
                    row['rc'] -= 1  # by the list of its cache
                objects[row['object']] = row
            elif next(iter(row)) == 'root':
                declared.add(row['root'])
    graph = {address: [t for t in targets(row) if t in objects] for address, row in objects.items()}
    return objects, graph, declared & set(objects)


def reach(graph, starts, seen):
    stack = [start for start in starts if start not in seen]
    seen.update(stack)
    while stack:
        for target in graph[stack.pop()]:
            if target not in seen:
                seen.add(target)
                stack.append(target)
    return seen


def live_tops(objects, graph, declared):
    """docs/analysis/roots.md in a dozen lines."""
    live = reach(graph, declared, set())
    rest = {address: row['rc'] for address, row in objects.items() if 'rc' in row}
    tracked = {address for address, row in objects.items() if row.get('flags', 0) & 1} or set(objects)
    for source in objects.keys() - live:
        for target in graph[source]:
            if target in rest and (source in tracked or target not in tracked):
                rest[target] -= 1
    pinned = {a for a, row in objects.items()
              if a not in live and (rest.get(a, 0) > 0 or row.get('flags', 0) & 2)}
    live = reach(graph, pinned, live)
    surplus = {address: row['rc'] for address, row in objects.items() if 'rc' in row}
    for source in objects:
        for target in graph[source]:
            if target in surplus:
                surplus[target] -= 1
    held = {a for a in live if surplus.get(a, 0) > 0 or objects[a].get('flags', 0) & 2}
    return live, declared | pinned | held


def expected(objects, graph, tops, members):
    """Immediate dominators and retained bytes by NetworkX, from a virtual root over `tops`."""
    world = networkx.DiGraph()
    world.add_edges_from(('root', top) for top in tops)
    world.add_edges_from((s, t) for s in members for t in graph[s] if t in members)
    above = networkx.immediate_dominators(world, 'root')
    tree = networkx.DiGraph((parent, node) for node, parent in above.items()
                            if parent is not None and node != parent)
    retained = {}
    for node in networkx.dfs_postorder_nodes(tree, 'root'):
        own = objects[node]['size'] if node != 'root' else 0
        retained[node] = own + sum(retained[kid] for kid in tree.successors(node))
    return above, retained


def compare(cases, title, dump, objects, graph, tops, live, wants_garbage=False):
    """The rows of `retained` against NetworkX; the tool says where unreachable pieces begin."""
    rows = json.loads(e2elib.run('retained', dump, '--json').stdout)['rows']
    garbage = set(objects) - live
    entries = {int(row['address'], 16) for row in rows if row['held_by'] == 'nothing'}
    cases.check(reach(graph, entries, set(live)) == set(objects), f'{title}: pieces of garbage cover it')
    cases.check(garbage or not wants_garbage, f'{title}: there is garbage')
    above, retained = expected(objects, graph, tops, live)
    more = expected(objects, graph, entries, garbage) if garbage else ({}, {})
    above.update(more[0])
    retained.update(more[1])
    wrong = []
    for row in rows:
        address = int(row['address'], 16)
        holder = above[address]
        shown = int(row['dominator'], 16) if row['dominator'] else 'root'
        if holder != shown or retained[address] != row['retained_bytes']:
            wrong.append((row, holder, retained[address]))
    cases.check(len(rows) == len(objects), f'{title}: every object has a row', len(rows), len(objects))
    cases.check(not wrong, f'{title}: {len(rows)} objects as NetworkX has them', len(wrong), wrong[:3])
    print(f'{title}: {len(rows)} objects, {len(garbage)} unreachable')


def compare_dump(cases, title, dump, wants_garbage=False):
    objects, graph, declared = read(dump)
    live, tops = live_tops(objects, graph, declared)
    compare(cases, title, dump, objects, graph, tops, live, wants_garbage)


def interpreters():
    """This one, and the oldest and the newest of the others that there are; by version."""
    found = {sys.version_info[:2]: sys.executable}
    for path in glob.glob(os.path.expanduser('~/.pyenv/versions/3.*/bin/python')) + [
            shutil.which(f'python3.{minor}') for minor in range(6, 15)]:
        words = [path, '-c', 'import sys; print(*sys.version_info[:2])']
        done = path and subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if done and done.returncode == 0:
            found.setdefault(tuple(map(int, done.stdout.split())), path)
    versions = sorted(version for version in found if version >= (3, 6))
    return [(version, found[version]) for version in sorted({versions[0], sys.version_info[:2], versions[-1]})]


def test_pythons(cases, folder):
    environment = dict(os.environ, PYTHONPATH=e2elib.CAPTURE)
    known = interpreters()
    for version, path in known:
        name = 'python%d.%d' % version
        dump = os.path.join(folder, name + '.jsonl')
        subprocess.run([path, '-B', '-c', PROGRAM, dump], check=True, env=environment)
        compare_dump(cases, name, dump, wants_garbage=True)
    if len(known) < 2:
        cases.skip('there is one CPython only')


def test_service(cases, folder):
    maker = os.path.join(os.path.dirname(e2elib.BIN), 'tests', 'bench', 'mkdump')
    if not os.path.exists(maker):
        cases.skip('mkdump is not built')
        return
    dump = os.path.join(folder, 'service.jsonl')
    subprocess.run([maker, '--objects', '12000', '--seed', '3', '-o', dump], check=True, stdout=subprocess.DEVNULL)
    compare_dump(cases, 'service', dump)


def test_node(cases, folder):
    node = shutil.which('node') or shutil.which('nodejs')
    if not node:
        cases.skip('node is not installed')
        return
    program = os.path.join(e2elib.ROOT, 'testdata', 'v8', 'program.js')
    subprocess.run([node, program, folder], check=True)
    dump = os.path.join(folder, 'plain.heapsnapshot')
    objects, graph, tops, _ = v8heap.read(dump)
    compare(cases, 'node', dump, objects, graph, tops, reach(graph, tops, set()))


if __name__ == '__main__':
    all_cases = e2elib.Cases()
    with e2elib.Folder('dominators') as place:
        test_pythons(all_cases, place)
        test_service(all_cases, place)
        test_node(all_cases, place)
    sys.exit(all_cases.finish())
