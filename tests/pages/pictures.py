# SPDX-License-Identifier: MIT
"""Flame graphs, icicles and charts in a real browser: zoom, search, keyboard, dark, print; no complaint, no network."""
import os
import sys
import tracemalloc

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'e2e'))
import browser
import e2elib

DATA = os.path.join(e2elib.ROOT, 'tests', 'cli', 'data')
MPROF = os.path.join(e2elib.ROOT, 'testdata', 'mprof')

# What stands in the picture: number, name, x, width and label of the boxes that can be seen.
SEEN = '''Array.from(document.querySelectorAll('.boxes > g')).map((g, i) => ({
    number: i, name: g.querySelector('title').textContent.split('\\n')[0], hidden: g.style.display === 'none',
    x: +g.querySelector('rect').getAttribute('x'), width: +g.querySelector('rect').getAttribute('width'),
    hit: g.classList.contains('hit'), above: g.classList.contains('above'), on: g.classList.contains('on'),
    label: (g.querySelector('text') || {textContent: ''}).textContent})).filter(b => !b.hidden)'''
# Texts that leave their box, the picture, or each other.
CUT = '''Array.from(document.querySelectorAll('.boxes > g')).filter(g => g.style.display !== 'none' && g.querySelector('text'))
    .filter(g => g.querySelector('text').getBoundingClientRect().right > g.querySelector('rect').getBoundingClientRect().right + 1)
    .map(g => g.querySelector('text').textContent)'''
CLASHES = '''(() => { const all = Array.from(document.querySelectorAll('svg > text, svg > g.key text, .mark text, .tick, .name, .faint'))
    .filter(t => t.textContent.trim()).map(t => [t.textContent, t.getBoundingClientRect()]);
    const out = [];
    const page = document.documentElement.getBoundingClientRect();
    all.forEach(([text, a], i) => {
        if (a.right > page.right + 1 || a.left < -1) out.push('outside: ' + text);
        all.slice(i + 1).forEach(([other, b]) => {
            if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2)
                out.push(text + ' | ' + other);
        });
    });
    return out; })()'''
FOUND = "document.querySelector('.tools output').textContent"


def grow(depth, size):
    return [bytes(size)] if not depth else grow(depth - 1, size)


def first():
    return [grow(3, 20000) for _ in range(30)]


def second(times):
    return [grow(2, 4000) for _ in range(times)]


def make_profiles(folder):
    """Two snapshots of tracemalloc whose stacks are those of this file."""
    tracemalloc.start(10)
    kept = [first(), second(20)]
    tracemalloc.take_snapshot().dump(os.path.join(folder, 'a.pickle'))
    kept[0] = None
    kept.append(second(300))
    tracemalloc.take_snapshot().dump(os.path.join(folder, 'b.pickle'))
    tracemalloc.stop()
    del kept


def draw(cases, folder, name, *words):
    path = os.path.join(folder, name + '.svg')
    done = e2elib.run(words[0], *words[1:], cwd=folder)
    cases.check(done.returncode == 0 and os.path.exists(path), f'{name} is drawn', done.stderr)
    return path


def quiet(cases, page, path, what):
    cases.check(not page.complaints, f'{what}: nothing on the console', page.complaints)
    asked = [url for url in page.requests if url != 'file://' + path]
    cases.check(not asked, f'{what}: nothing is asked of the network', asked)


def whole(cases, boxes, what):
    cases.check(boxes and all(9.99 <= box['x'] and box['x'] + box['width'] <= 1190.01 for box in boxes),
                f'{what}: boxes are inside', [box for box in boxes if box['x'] < 9.99][:3])


def check_zoom(cases, page, what):
    before = page.run(SEEN)
    whole(cases, before, what)
    target = next(box for box in before[2:] if 30 < box['width'] < 1179)
    page.click(f".boxes > g:nth-child({target['number'] + 1}) rect")
    after = page.run(SEEN)
    zoomed = next(box for box in after if box['number'] == target['number'])
    cases.check(abs(zoomed['width'] - 1180) < 0.1 and abs(zoomed['x'] - 10) < 0.1,
                f'{what}: a click makes a box as wide as the picture', zoomed)
    cases.check(all(box['above'] == (box['number'] < target['number']) for box in after if box['width'] > 1179.9
                    and box['number'] <= target['number']), f'{what}: callers are pale above it')
    cases.check(len(after) < len(before), f'{what}: what is beside it is gone', len(after), len(before))
    whole(cases, after, what + ', zoomed')
    cases.check(not page.run(CUT), f'{what}: no label leaves its box', page.run(CUT))
    cases.check(target['name'][:3] in zoomed['label'], f'{what}: the zoomed box has its name', zoomed)
    page.key('Escape')
    cases.check(page.run(SEEN.replace("hit: g.classList.contains('hit'), ", '')
                         .replace("on: g.classList.contains('on'),", '')) ==
                [{key: value for key, value in box.items() if key not in ('hit', 'on')} for box in before],
                f'{what}: Escape brings everything back')


def check_search(cases, page, what, word):
    page.key('/')
    page.type(word)
    boxes = page.run(SEEN)
    hits = [box for box in boxes if box['hit']]
    # The union of the hits, from their places.
    edges, end = 0.0, 0.0
    for box in sorted(hits, key=lambda box: box['x']):
        edges += max(0.0, box['x'] + box['width'] - max(end, box['x']))
        end = max(end, box['x'] + box['width'])
    found = page.run(FOUND)
    cases.check(hits and f'in {len(hits)} box' in found, f'{what}: search counts boxes', found, len(hits))
    share = float(found.split()[0])
    cases.check(abs(share - edges * 100 / 1180) < 0.02, f'{what}: search tells the share', found, edges)
    cases.check(all(word.lower() in box['name'].lower() for box in hits), f'{what}: hits have the word', hits[:3])
    page.key('Escape')
    cases.check(page.run(FOUND) == '' and not any(box['hit'] for box in page.run(SEEN)),
                f'{what}: Escape ends the search')
    page.key('f', ctrl=True)
    cases.check(page.run("document.activeElement.tagName.toLowerCase()") == 'input', f'{what}: Ctrl-F searches')
    page.key('Escape')


def check_keyboard(cases, page, what, down):
    page.run("document.querySelector('.boxes').focus()")
    page.key('Home')
    page.key(down)
    chosen = [box['number'] for box in page.run(SEEN) if box['on']]
    cases.check(chosen == [1], f'{what}: an arrow goes to the widest child', chosen)
    said = page.run("document.querySelector('.said').textContent")
    name = page.run("document.querySelector('.boxes > g:nth-child(2) title').textContent").split('\n')[0]
    cases.check(said.startswith(name), f'{what}: the line above tells the box', said)
    page.key('Enter')
    cases.check(page.run("document.documentElement.dataset.zoomed") == '1', f'{what}: Enter zooms')
    page.key('Backspace')
    cases.check(page.run("document.documentElement.dataset.zoomed") == '0', f'{what}: Backspace goes back')
    page.key('Escape')


def check_colours(cases, chromium, path, what):
    colours = {}
    for name, options in (('light', {}), ('dark', {'dark': True}), ('print', {'media': 'print', 'dark': True})):
        page = chromium.open(path, **options)
        colours[name] = page.run("getComputedStyle(document.querySelector('.page')).fill")
    cases.check(colours == {'light': 'rgb(255, 255, 255)', 'dark': 'rgb(30, 31, 34)', 'print': 'rgb(255, 255, 255)'},
                f'{what}: light, dark and white paper', colours)


def check_inline(cases, chromium, folder, path):
    """Two pictures in one page of HTML mind their own business."""
    with open(path, encoding='utf-8') as file:
        svg = file.read().split('?>', 1)[1]
    page_path = os.path.join(folder, 'inline.html')
    with open(page_path, 'w', encoding='utf-8') as file:
        file.write('<!DOCTYPE html><meta charset="utf-8"><title>x</title><input id="own">' + svg + svg)
    page = chromium.open(page_path)
    cases.check(page.run("document.querySelectorAll('svg.live').length") == 2, 'inline: both are alive')
    page.click('svg:nth-of-type(2) .boxes > g:nth-child(3) rect')
    zoomed = page.run("Array.from(document.querySelectorAll('svg')).map(s => s.dataset.zoomed)")
    cases.check(zoomed == ['0', '2'], 'inline: a click zooms one', zoomed)
    page.run("document.getElementById('own').focus()")
    page.type('a')
    page.key('/')
    cases.check(page.run("document.activeElement.id") == 'own', "inline: the page's own fields are left alone")
    quiet(cases, page, page_path, 'inline')


def check_flames(cases, chromium, folder):
    make_profiles(folder)
    pictures = [
        ('flame', 'ArrowDown', ('snapflame', 'a.pickle', '-o', 'flame.svg')),
        ('upwards', 'ArrowUp', ('snapflame', 'a.pickle', '--flame', '--reverse', '-o', 'upwards.svg')),
        ('changed', 'ArrowDown', ('snapflame', 'a.pickle', 'b.pickle', '-o', 'changed.svg')),
    ]
    for name, down, words in pictures:
        path = draw(cases, folder, name, *words)
        page = chromium.open(path)
        cases.check(page.run("document.documentElement.classList.contains('live')"), f'{name}: the script runs')
        cases.check(not page.run(CUT), f'{name}: no label leaves its box', page.run(CUT))
        cases.check(not page.run(CLASHES), f'{name}: no text over another one', page.run(CLASHES))
        check_zoom(cases, page, name)
        check_search(cases, page, name, 'pictures.py')
        check_keyboard(cases, page, name, down)
        quiet(cases, page, path, name)
    path = os.path.join(folder, 'changed.svg')
    page = chromium.open(path)
    labels = page.run("Array.from(document.querySelectorAll('.boxes text')).map(t => t.textContent)")
    cases.check(any('  +' in label for label in labels) and any('  -' in label for label in labels),
                'changed: signs tell growth from shrinkage', labels[:10])
    fills = page.run("Array.from(document.querySelectorAll('.boxes rect')).map(r => getComputedStyle(r).fill)")
    cases.check(any('hsn-up' in fill for fill in fills) and any('hsn-down' in fill for fill in fills),
                'changed: so do hatches', fills[:5])
    check_colours(cases, chromium, path, 'changed')
    check_inline(cases, chromium, folder, os.path.join(folder, 'flame.svg'))
    path = draw(cases, folder, 'tree', 'retained', os.path.join(DATA, 'wednesday.jsonl'), '--svg=tree.svg')
    page = chromium.open(path)
    check_zoom(cases, page, 'tree')
    check_search(cases, page, 'tree', 'Request')
    check_keyboard(cases, page, 'tree', 'ArrowDown')
    quiet(cases, page, path, 'tree')


def check_charts(cases, chromium, folder):
    evenings = [os.path.join(DATA, name + '.jsonl') for name in ('monday', 'tuesday', 'wednesday')]
    files = [os.path.join(MPROF, f'memory_profiler-{name}.dat') for name in ('functions', 'children')]
    for name, words in (('time', ('snapplot', files[0], '-o', 'time.svg')),
                        ('several', ('snapplot', *files, '-o', 'several.svg')),
                        ('growth', ('snapplot', *evenings, '-o', 'growth.svg'))):
        path = draw(cases, folder, name, *words)
        page = chromium.open(path)
        cases.check(not page.run(CLASHES), f'{name}: no text over another one', page.run(CLASHES))
        outside = page.run("Array.from(document.querySelectorAll('.line path')).filter(p => "
                           "p.getBBox().y < 0 || p.getBBox().x < 60).length")
        cases.check(outside == 0, f'{name}: lines are inside')
        quiet(cases, page, path, name)
        check_colours(cases, chromium, path, name)


def test(cases):
    try:
        browser.find()
    except browser.Missing as error:
        cases.skip(str(error))
        return
    with e2elib.Folder('pages') as folder, browser.Browser() as chromium:
        check_flames(cases, chromium, folder)
        check_charts(cases, chromium, folder)


if __name__ == '__main__':
    e2elib.main(test)
