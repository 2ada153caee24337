# SPDX-License-Identifier: MIT
"""Heap snapshots of a page in a real browser: detached elements by name, and what holds them."""
import os
import sys

import browser

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'e2e'))
import e2elib
import v8heap

PAGE = '''<!doctype html><title>widgets</title><body class="plain"><div id="keep"><p>text</p></div><script>
class Widget {
  constructor(n) { this.n = n; this.element = document.createElement('div'); this.element.innerHTML = '<em class="q">x</em>'; }
}
window.widgets = [];
function leak(count) { for (let i = 0; i < count; i++) widgets.push(new Widget(i)); return widgets.length; }
leak(5);
</script></body>'''


def take(page, path):
    """A snapshot of the page; it comes in pieces."""
    told = page.told
    with open(path, 'w', encoding='utf-8', errors='surrogatepass') as file:
        page.told = lambda method, parameters: (
            file.write(parameters['chunk']) if method == 'HeapProfiler.addHeapSnapshotChunk' else told(method, parameters))
        page.call('HeapProfiler.takeHeapSnapshot', reportProgress=False)
        page.told = told


def check(cases, folder):
    source = os.path.join(folder, 'page.html')
    with open(source, 'w', encoding='utf-8') as file:
        file.write(PAGE)
    paths = [os.path.join(folder, name + '.heapsnapshot') for name in ('before', 'after')]
    with browser.Browser() as chromium:
        page = chromium.open(source)
        take(page, paths[0])
        cases.check(page.run('leak(60)') == 65, 'the page leaks')
        take(page, paths[1])
    for path in paths:
        cases.check(v8heap.check_totals(cases, path), 'there are roots')
    rows = {row['type']: row['count'] for row in v8heap.answer('snaptop', paths[1])['rows']}
    cases.check((rows.get('Widget'), rows.get('Detached <div>'), rows.get('Detached <em>')) == (65, 65, 65),
                'detached elements have their names', {name: rows[name] for name in rows if 'Detached' in name})
    rows = {row['type']: row for row in v8heap.answer('snapdiff', *paths, '--objects')['rows']}
    cases.check((rows['Widget']['new_count'], rows['Widget']['survived_count']) == (60, 5), 'widgets are told apart by id',
                rows['Widget'])
    why = v8heap.answer('snapdiff', *paths, '--why')['rows']
    widgets = [row for row in why if row['path'].startswith('Window.widgets[')]
    cases.check(why and why[0] in widgets and sum(row['count_delta'] for row in widgets) == 60 and
                why[0]['type'] == 'Widget' and why[0]['matched_by'] == 'stable id',
                'the list that keeps them comes first', [(row['path'], row['type'], row['count_delta']) for row in why[:5]])


def main():
    cases = e2elib.Cases()
    try:
        with e2elib.Folder('heap') as folder:
            check(cases, folder)
    except browser.Missing as missing:
        cases.skip(missing)
    return cases.finish()


sys.exit(main())
