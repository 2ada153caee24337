# SPDX-License-Identifier: MIT
"""V8's heap snapshots read a second time, by the rules of DevTools, with nothing but json."""
import collections
import json
import re

import e2elib

PAIR = re.compile(r'^\d+ / part of key \(.*? @\d+\) -> value \(.*? @\d+\) pair in WeakMap \(table @(\d+)\)$', re.S)
CLASSES = {'hidden': '(system)', 'array': '(array)', 'string': '(string)', 'concatenated string': '(string)',
           'sliced string': '(string)', 'code': '(compiled code)', 'closure': 'Function', 'regexp': 'RegExp',
           'number': '(number)', 'symbol': '(symbol)', 'bigint': '(bigint)', 'object shape': '(object shape)',
           'synthetic': '(synthetic)'}


def class_of(kind, name, detached):
    if kind not in ('object', 'native'):
        return CLASSES.get(kind, '(unknown)')
    if not name:
        return f'({kind})'
    if kind == 'native':
        name = re.sub(r'^((?:Detached )?<[^ >]*) .*$', r'\1>', name, flags=re.S)
    return 'Detached ' + name if detached and not name.startswith('Detached ') else name


def read(path):
    """Objects by id ({'class', 'size'}), strong references by id, and the ids that synthetic nodes hold."""
    with open(path, encoding='utf-8', errors='surrogatepass') as file:
        heap = json.load(file)
    meta, nodes, edges, strings = heap['snapshot']['meta'], heap['nodes'], heap['edges'], heap['strings']
    place = {name: i for i, name in enumerate(meta['node_fields'])}
    width, kinds, edge_kinds = len(place), meta['node_types'][0], meta['edge_types'][0]
    states = detachedness(nodes, edges, place, kinds, edge_kinds) if 'detachedness' in place else {}
    rows = []
    for at in range(0, len(nodes), width):
        kind = kinds[nodes[at + place['type']]]
        name = strings[nodes[at + place['name']]]
        rows.append({'id': nodes[at + place['id']], 'kind': kind, 'size': nodes[at + place['self_size']],
                     'edges': nodes[at + place['edge_count']],
                     'class': class_of(kind, name, states.get(at // width) == 2)})
    is_root = [row['kind'] == 'synthetic' and not row['size'] for row in rows]
    objects = {row['id']: row for row, root in zip(rows, is_root) if not root}
    graph, tops, weak, at = {identity: [] for identity in objects}, set(), 0, 0
    for number, row in enumerate(rows):
        for _ in range(row['edges']):
            kind, name, target = edge_kinds[edges[at]], edges[at + 1], rows[edges[at + 2] // width]
            at += 3
            if kind == 'weak' or is_root[edges[at - 1] // width]:
                weak += kind == 'weak' and not is_root[number]
            elif is_root[number]:
                tops.add(target['id'])
            elif kind == 'internal' and own_pair(strings[name], row['id']):
                pass
            elif kind != 'shortcut':
                graph[row['id']].append(target['id'])
    return objects, graph, tops, weak


def own_pair(name, owner):
    """Of a value in a weak map, as the map's table tells it: the key tells it, too."""
    match = PAIR.match(name)
    return match and int(match.group(1)) == owner


def detachedness(nodes, edges, place, kinds, edge_kinds):
    """By row: DevTools' propagateDOMState()."""
    width, native = len(place), kinds.index('native')
    first, at = [], 0
    for i in range(0, len(nodes), width):
        first.append(at)
        at += 3 * nodes[i + place['edge_count']]
    first.append(at)
    known = {i // width: nodes[i + place['detachedness']] for i in range(0, len(nodes), width)
             if nodes[i + place['detachedness']]}
    state, seen = {}, set(known)
    for wanted in (1, 2):
        queue = [i for i, value in known.items() if value == wanted and nodes[i * width + place['type']] == native]
        state.update((i, wanted) for i in queue)
        while queue:
            node = queue.pop()
            for e in range(first[node], first[node + 1], 3):
                child = edges[e + 2] // width
                if edge_kinds[edges[e]] in ('hidden', 'weak', 'shortcut') or child in seen:
                    continue
                seen.add(child)
                if nodes[child * width + place['type']] == native:
                    state[child] = wanted
                    queue.append(child)
    return state


def answer(tool, *words):
    return json.loads(e2elib.run(tool, *words, '--json').stdout)


def check_totals(cases, path):
    """Objects, bytes and references by class, as the tools have them and as read() does. Returns how many roots there are."""
    objects, graph, tops, weak = read(path)
    counts, sizes = collections.Counter(), collections.Counter()
    for row in objects.values():
        counts[row['class']] += 1
        sizes[row['class']] += row['size']
    rows = answer('snaptop', path)['rows']
    found = {row['type']: (row['count'], row['size_bytes']) for row in rows if row['count']}
    wanted = {name: (counts[name], sizes[name]) for name in counts}
    cases.check(found == wanted, f'{len(wanted)} classes of {len(objects)} objects are those of DevTools',
                sorted(set(found.items()) ^ set(wanted.items()))[:6])
    info = answer('snapinfo', path)['rows'][0]
    strong = sum(map(len, graph.values()))
    cases.check((info['objects'], info['references'], info['weak_references'], info['dangling_references']) ==
                (len(objects), strong + weak, weak, 0), 'references are those of the file', info, strong, weak)
    cases.check(info['stable_ids'] and info['complete'], 'ids are stable')
    return len(tops)
