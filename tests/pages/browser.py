# SPDX-License-Identifier: MIT
"""A headless Chromium, driven through the pipe of its developer tools: nothing but the standard library.

    with browser.Browser() as chromium:
        page = chromium.open('/tmp/a.svg')
        page.run('document.title')
        page.click('.boxes g:nth-child(3) rect')
        page.requests, page.complaints
"""
import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

NAMES = ('chromium', 'chromium-browser', 'google-chrome')
TIMEOUT_S = 60
FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync',
         '--disable-extensions', '--disable-dev-shm-usage', '--force-color-profile=srgb',
         '--remote-debugging-pipe', '--host-resolver-rules=MAP * ~NOTFOUND']


class Missing(Exception):
    """There is no browser here."""


class Failed(Exception):
    """The browser said no, or nothing."""


def find():
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    raise Missing('no chromium')


class Browser:
    def __init__(self):
        self.path = find()
        self.profile = tempfile.mkdtemp(prefix='heapsnap-browser-')
        self.number = 0
        self.pages = {}
        self.pending = b''
        down, self.to_browser = os.pipe()
        self.from_browser, up = os.pipe()
        # The tools' pipe are the descriptors 3 and 4 of the browser.
        self.process = subprocess.Popen(
            ['sh', '-c', f'exec "$0" "$@" 3<&{down} 4>&{up}', self.path, *FLAGS,
             f'--user-data-dir={self.profile}', 'about:blank'],
            pass_fds=(down, up), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(down)
        os.close(up)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        try:
            self.call('Browser.close')
            self.process.wait(10)
        except (Failed, OSError, subprocess.TimeoutExpired):
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        os.close(self.to_browser)
        os.close(self.from_browser)
        shutil.rmtree(self.profile, ignore_errors=True)

    def message(self, deadline):
        """The next message of the browser."""
        while b'\0' not in self.pending:
            ready, _, _ = select.select([self.from_browser], [], [], max(0, deadline - time.monotonic()))
            data = os.read(self.from_browser, 1 << 16) if ready else b''
            if not data:
                raise Failed('the browser says nothing' if not ready else 'the browser ended')
            self.pending += data
        text, self.pending = self.pending.split(b'\0', 1)
        return json.loads(text)

    def call(self, method, session=None, **parameters):
        """The result of a command; what is told meanwhile goes to its page."""
        self.number += 1
        command = {'id': self.number, 'method': method, 'params': parameters}
        if session:
            command['sessionId'] = session
        os.write(self.to_browser, json.dumps(command).encode() + b'\0')
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            answer = self.message(deadline)
            if answer.get('id') == self.number:
                if 'error' in answer:
                    raise Failed(f"{method}: {answer['error'].get('message')}")
                return answer.get('result', {})
            page = self.pages.get(answer.get('sessionId'))
            if page:
                page.told(answer['method'], answer['params'])

    def open(self, path, dark=False, media=None, width=1240, height=800):
        """A file in a page of its own, loaded."""
        target = self.call('Target.createTarget', url='about:blank')['targetId']
        session = self.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        page = self.pages[session] = Page(self, session)
        for domain in ('Page', 'Runtime', 'Network', 'Log'):
            page.call(domain + '.enable')
        page.call('Emulation.setDeviceMetricsOverride', width=width, height=height,
                  deviceScaleFactor=1, mobile=False)
        page.call('Emulation.setEmulatedMedia', media=media or '', features=[
            {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])
        page.call('Page.navigate', url='file://' + os.path.abspath(path))
        page.wait('document.readyState === "complete" && location.protocol === "file:"')
        return page


class Page:
    def __init__(self, browser, session):
        self.browser, self.session = browser, session
        self.requests = []    # every address that was asked for
        self.complaints = []  # errors and warnings of the console, exceptions

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def told(self, method, parameters):
        if method == 'Network.requestWillBeSent':
            self.requests.append(parameters['request']['url'])
        elif method == 'Runtime.exceptionThrown':
            self.complaints.append(str(parameters['exceptionDetails'])[:500])
        elif method == 'Runtime.consoleAPICalled' and parameters['type'] in ('error', 'warning', 'assert'):
            self.complaints.append(str(parameters['args'])[:500])
        elif method == 'Log.entryAdded' and parameters['entry']['level'] in ('error', 'warning'):
            self.complaints.append(parameters['entry']['text'])

    def run(self, expression):
        """The value of a JavaScript expression."""
        answer = self.call('Runtime.evaluate', expression=expression, returnByValue=True, awaitPromise=True)
        if 'exceptionDetails' in answer:
            raise Failed(f"{expression}: {answer['exceptionDetails'].get('exception', {}).get('description')}")
        return answer['result'].get('value')

    def wait(self, expression):
        deadline = time.monotonic() + TIMEOUT_S
        while not self.run(expression):
            if time.monotonic() > deadline:
                raise Failed(f'never: {expression}')
            time.sleep(0.02)

    def click(self, selector):
        """A real click in the middle of the part of an element that can be seen."""
        place = self.run('(() => { const e = document.querySelector(%s); e.scrollIntoView({block: "center", behavior: "instant"}); '
                         'const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()'
                         % json.dumps(selector))
        for kind in ('mouseMoved', 'mousePressed', 'mouseReleased'):
            self.call('Input.dispatchMouseEvent', type=kind, x=place[0], y=place[1], button='left', clickCount=1)

    def key(self, key, ctrl=False):
        """A key: "Enter", "ArrowDown", "/"."""
        text = key if len(key) == 1 and not ctrl else '\r' if key == 'Enter' else ''
        codes = {'Enter': 13, 'Escape': 27, 'Backspace': 8, 'ArrowLeft': 37, 'ArrowUp': 38, 'ArrowRight': 39,
                 'ArrowDown': 40, 'Home': 36}
        event = dict(key=key, modifiers=2 if ctrl else 0,
                     windowsVirtualKeyCode=codes.get(key, ord(key.upper()[0])))
        self.call('Input.dispatchKeyEvent', type='keyDown', text=text, **event)
        self.call('Input.dispatchKeyEvent', type='keyUp', **event)

    def type(self, text):
        self.call('Input.insertText', text=text)

    def picture(self, path):
        """A PNG of what is seen."""
        data = self.call('Page.captureScreenshot', format='png')['data']
        with open(path, 'wb') as file:
            file.write(base64.b64decode(data))
