# SPDX-License-Identifier: MIT
"""The report's page in a real browser: sort, search, keyboard, zoom, dark, phone, print; no complaint, no network."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'e2e'))
import browser
import e2elib

MOST_BYTES = 3 << 20
SERVICE = '''
import gc, sys, tracemalloc
tracemalloc.start(12)
import heapsnap
gc.disable()
class Session:
    def __init__(self, i):
        self.token = 'token %r' % (i,)
        self.data = {'user': i}
class Node:
    pass
class Link:
    pass
sessions = {}
def login(i):
    sessions[i] = Session(i)
def tree():
    a, b = Node(), Link()
    a.link, b.node, a.pad = b, a, bytearray(300)
for night in range(6):
    for i in range(300 if night < 4 else 3000):
        login((night, i))
    if night < 4:
        for key in list(sessions)[:-300]:
            del sessions[key]
    if night == 5:
        for i in range(150):
            tree()
    heapsnap.dump('night-%d.jsonl' % night, label='<b>night</b>-%d' % night)
'''
COLUMN = '''Array.from(document.querySelectorAll('#grew-table tbody tr')).filter(r => !r.hidden).map(r => {
    const c = r.cells[%d], v = c.getAttribute('data-v'); return v === null ? c.textContent : parseFloat(v); })'''
SORT = "document.querySelectorAll('#grew-table th')[%d].getAttribute('aria-sort')"
# What stands out of the window to the right, but for what can be scrolled on its own.
TOO_WIDE = '''document.documentElement.scrollWidth > window.innerWidth ? [document.documentElement.scrollWidth] : []'''
CONTRAST = '''(() => { const lum = c => { const v = c.match(/[\\d.]+/g).slice(0, 3).map(x => x / 255)
        .map(x => x <= .03928 ? x / 12.92 : Math.pow((x + .055) / 1.055, 2.4));
        return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
    const back = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
        if (!/, 0\\)$/.test(c) && c !== 'transparent') return c; } return 'rgb(255,255,255)'; };
    return Array.from(document.querySelectorAll('h1, h2, h3, p, dt, dd, td, th, a, summary, caption, .badge'))
        .filter(e => e.textContent.trim() && e.getClientRects().length).map(e => {
            const a = lum(getComputedStyle(e).color), b = lum(back(e));
            return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), e.tagName + ' ' + e.className + ' ' + e.textContent.slice(0, 30)];
        }).filter(x => x[0] < 4.5).slice(0, 5); })()'''


def make_page(cases, folder):
    ran = subprocess.run([sys.executable, '-c', SERVICE], cwd=folder, env=e2elib.python_environment(),
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True, timeout=120)
    cases.check(ran.returncode == 0, 'the service is captured', ran.stdout)
    with open(os.path.join(folder, 'policy.yaml'), 'w') as file:
        file.write('name: payment <script>alert(1)</script>\ninputs: [night-*.jsonl]\n')
    done = e2elib.run('snapreport', 'policy.yaml', '--html', 'report.html', cwd=folder)
    cases.check(done.returncode == 1, 'the report fails the last night', done.returncode, done.stderr)
    return os.path.join(folder, 'report.html')


def quiet(cases, page, path, what):
    cases.check(not page.complaints, f'{what}: nothing on the console', page.complaints)
    asked = [url for url in page.requests if not url.startswith('data:') and url != 'file://' + path]
    cases.check(not asked, f'{what}: nothing is asked of the network', asked)


def sorting(cases, page):
    cases.check(page.run(SORT % 0) is None, 'tables are as written at first')
    page.click('#grew-table th:nth-child(6) button')
    cases.check(page.run(SORT % 5) == 'descending', 'a click sorts numbers, largest first')
    values = page.run(COLUMN % 5)
    cases.check(len(values) > 3 and values == sorted(values, reverse=True), 'by bytes, not by text', values[:5])
    page.click('#grew-table th:nth-child(6) button')
    values = page.run(COLUMN % 5)
    cases.check(values == sorted(values), 'a second click turns it round', values[:5])
    page.run("document.querySelector('#grew-table th button').focus()")
    page.key('Enter')
    names = page.run(COLUMN % 0)
    cases.check(names == sorted(names) and page.run(SORT % 0) == 'ascending' and page.run(SORT % 5) is None,
                'Enter on a heading sorts names', names[:5])


def searching(cases, page):
    rows = len(page.run(COLUMN % 0))
    page.run('document.activeElement.blur()')
    page.key('/')
    cases.check(page.run("document.activeElement.matches('form.search input')"), '/ leads to the search')
    page.type('session')
    names = page.run(COLUMN % 0)
    cases.check(names and len(names) < rows and all('session' in name.lower() for name in names),
                'what is typed stays', names[:5])
    said = page.run("document.querySelector('form.search output').textContent")
    cases.check(said == f'{len(names)} of {rows}', 'how many is said', said)
    page.key('Escape')
    cases.check(len(page.run(COLUMN % 0)) == rows, 'Escape shows all again')


def contents(cases, page):
    cases.check(page.run('document.title') == 'payment <script>alert(1)</script>: failed', 'names are texts',
                page.run('document.title'))
    cases.check(page.run("document.querySelector('.verdict').getBoundingClientRect().top") < 100,
                'the verdict stands first')
    text = page.run("document.getElementById('findings').textContent")
    cases.check('Session' in text and 'sessions' in text, 'the finding names the holder', text[:400])
    cases.check('Node' in page.run("document.getElementById('cycles').textContent"), 'the new cycle is listed')
    cases.check(page.run("Array.from(document.images).every(i => i.complete && i.naturalWidth > 100)") and
                page.run('document.images.length') >= 2, 'curves and cycles are drawn')
    summary = '.causes details summary'
    page.click(summary)
    cases.check(page.run("document.querySelector('.causes details').open"), 'a chain folds out')
    broken = page.run("Array.from(document.querySelectorAll('nav a')).map(a => a.getAttribute('href'))"
                      ".filter(h => !document.querySelector(h))")
    cases.check(not broken, 'every section that is named is there', broken)
    ids = page.run("Array.from(document.querySelectorAll('[id]')).map(e => e.id)")
    marks = page.run("Array.from(document.querySelectorAll('article.finding')).map(a => a.id)")
    cases.check(marks and any(re.fullmatch('finding-[0-9a-f]{16}', mark) for mark in marks),
                'findings are named by their fingerprints', marks)
    drawn = page.run("""Array.from(document.querySelectorAll('.finding a[href^="#picture-"]')).map(
        a => document.querySelector(a.getAttribute('href') + ' img') !== null)""")
    cases.check(drawn and all(drawn), 'the finding of a cycle leads to its drawing', drawn)
    cases.check(page.run("document.querySelectorAll('.finding .badge.new').length") > 0, 'new findings say so')
    cases.check(len(ids) == len(set(ids)), 'ids are unique', sorted(i for i in set(ids) if ids.count(i) > 1)[:5])


def zooming(cases, page):
    width = ".boxes > g:nth-child(4) rect"
    before = page.run(f"document.querySelector('{width}').getBoundingClientRect().width")
    page.click(width)
    after = page.run(f"document.querySelector('{width}').getBoundingClientRect().width")
    cases.check(after >= before and after > 600, 'a click zooms the flame graph', before, after)


def checks(cases, chromium, path, folder):
    size = os.path.getsize(path)
    cases.check(size < MOST_BYTES, 'the page is below 3 MB', size)
    page = chromium.open(path)
    page.wait("performance.getEntriesByName('first-contentful-paint').length")
    paint = page.run("performance.getEntriesByType('paint').map(e => e.startTime).reduce((a, b) => Math.max(a, b), 0)")
    cases.check(0 < paint < 1000, 'first paint within a second', paint)
    contents(cases, page)
    sorting(cases, page)
    searching(cases, page)
    zooming(cases, page)
    cases.check(not page.run(CONTRAST), 'texts can be read', page.run(CONTRAST))
    quiet(cases, page, path, 'page')
    page.picture(os.path.join(folder, 'light.png'))
    dark = chromium.open(path, dark=True)
    back = dark.run('getComputedStyle(document.body).backgroundColor')
    cases.check(back == 'rgb(30, 31, 34)', 'dark where it is wanted dark', back)
    cases.check(not dark.run(CONTRAST), 'texts can be read in the dark', dark.run(CONTRAST))
    quiet(cases, dark, path, 'dark page')
    dark.picture(os.path.join(folder, 'dark.png'))
    phone = chromium.open(path, width=390, height=800)
    cases.check(not phone.run(TOO_WIDE), 'a phone need not scroll sideways', phone.run(TOO_WIDE))
    phone.picture(os.path.join(folder, 'phone.png'))
    printed = chromium.open(path, media='print')
    cases.check(printed.run("getComputedStyle(document.querySelector('nav')).display") == 'none',
                'print has no navigation')


def main():
    cases = e2elib.Cases()
    try:
        browser.find()
    except browser.Missing as missing:
        cases.skip(str(missing))
        return cases.finish()
    with e2elib.Folder('report-page') as folder, browser.Browser() as chromium:
        checks(cases, chromium, make_page(cases, folder), folder)
    return cases.finish()


sys.exit(main())
