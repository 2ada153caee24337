# SPDX-License-Identifier: MIT
"""Runs a leaking program of testdata/leaks: the tools name the type, the holder and the label."""
import json
import os
import re
import subprocess
import sys

import e2elib

LEAKS = os.path.join(e2elib.ROOT, 'testdata', 'leaks')


def words(text):
    return re.findall(r'\w+', text or '')


def in_order(wanted, found):
    """Whether the wanted words stand in `found` in this order, with others between them."""
    rest = iter(found)
    return all(any(word == other for other in rest) for word in wanted)


def chain_words(row):
    """The root's name, then of each step the label of the reference and the type it leads to."""
    said = words(row.get('root_name'))
    for step in row['steps']:
        said += words(step['label']) + words(step['type'])
    return said


def check_growth(cases, expect, before, after):
    rows = e2elib.rows(cases, 'snapdiff', before, after, '--limit', '0')
    grown = [row for row in rows if row['count_delta'] > 0]
    ranks = {row['type']: rank for rank, row in enumerate(grown)}
    found = [row for row in grown if row['type'] == expect['grows']]
    top = [(row['type'], row['count_delta'], row['size_bytes_delta']) for row in grown[:12]]
    if not cases.check(found, f'snapdiff names {expect["grows"]}', top):
        return
    cases.check(found[0]['count_delta'] == expect['count'],
                f'{expect["grows"]} grew by {expect["count"]}', found[0])
    if expect['within'] is not None:
        rank = ranks[expect['grows']]
        cases.check(rank < expect['within'],
                    f'{expect["grows"]} is among the first {expect["within"]} of snapdiff', rank, top)


def check_chain(cases, expect, after):
    rows = e2elib.rows(cases, 'backrefs', after, expect['grows'], '--chain',
                       *expect.get('chain_options', []))
    if not cases.check(rows, 'backrefs --chain has a row'):
        return
    if expect['chain'] is None:
        cases.check(not any(row['found'] for row in rows), 'nothing reachable holds it', rows[0])
        return
    found = [row for row in rows if row['found']]
    if not cases.check(found, 'backrefs --chain finds a holder', rows[0]):
        return
    said = chain_words(found[0])
    cases.check(in_order(expect['chain'], said), f'the chain says {" → ".join(expect["chain"])}',
                ' '.join(said))


def check_cycle(cases, expect, after):
    wanted = expect['cycle']
    types = wanted['types'] if wanted else [expect['grows']]
    rows = e2elib.rows(cases, 'cyclefind', after, '--type', types[0])
    if wanted is None:
        # What is reachable may well be on some long way round through classes and modules.
        lost = [row for row in rows if row['kind'] != 'live']
        cases.check(not lost, f'{expect["grows"]} is in no cycle that only a collector frees', lost[:1])
        return
    mine = [row for row in rows if set(types) <= {entry['type'] for entry in row['types']}]
    if not cases.check(mine, f'cyclefind shows a cycle of {types}',
                       [(row['kind'], row['types'][:4]) for row in rows[:10]]):
        return
    first = mine[0]
    cases.check(first['kind'] == wanted['kind'], f'the cycle is {wanted["kind"]}', first)
    said = [word for step in first['shortest_cycle'] for word in words(step.get('label'))]
    cases.check(set(wanted['labels']) <= set(said), f'the cycle says {wanted["labels"]}',
                first['shortest_cycle'])
    cut = first.get('cut')
    cases.check(cut and {'source', 'target', 'label'} <= set(cut), 'the cycle says where to cut', cut)


def check_surplus(cases, expect, after):
    """References that were counted and that no object of the heap holds."""
    rows = e2elib.rows(cases, 'snapsql', after,
                       'SELECT refcount - (SELECT count(*) FROM referrers(o.address)) AS surplus, '
                       f"count(*) AS objects FROM object AS o WHERE type = '{expect['grows']}' GROUP BY 1")
    cases.check(len(rows) == 1 and rows[0]['surplus'] == expect['surplus'] and
                rows[0]['objects'] >= expect['count'],
                f'each {expect["grows"]} has {expect["surplus"]} reference too many', rows)


def test(cases):
    name = sys.argv[1]
    with open(os.path.join(LEAKS, name, 'expect.json'), encoding='utf-8') as file:
        expect = json.load(file)
    with e2elib.Folder('leak') as folder:
        dumps = [os.path.join(folder, moment + '.jsonl.gz') for moment in ('before', 'after')]
        ran = subprocess.run([sys.executable, os.path.join(LEAKS, name, 'app.py'), *dumps],
                             env=e2elib.python_environment(), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        if ran.returncode == 77:
            cases.skip(ran.stdout.strip().replace('SKIP: ', ''))
            return
        if not cases.check(ran.returncode == 0, f'{name} runs and captures itself', ran.stdout):
            return
        stores = []
        for dump in dumps:
            store = dump.replace('.jsonl.gz', '.db')
            done = e2elib.run('snapload', dump, '-o', store)
            cases.check(done.returncode == 0, f'snapload {os.path.basename(dump)}',
                        f'status {done.returncode}', done.stderr)
            verified = e2elib.run('snapinfo', store, '--verify')
            cases.check(verified.returncode == 0, 'snapinfo --verify', verified.stdout,
                        verified.stderr)
            stores.append(store)
        check_growth(cases, expect, *stores)
        check_chain(cases, expect, stores[1])
        check_cycle(cases, expect, stores[1])
        if 'surplus' in expect:
            check_surplus(cases, expect, stores[1])


if __name__ == '__main__':
    e2elib.main(test)
