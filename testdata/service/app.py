# SPDX-License-Identifier: MIT
"""A small shop that leaks: app.py PORT_FILE serves HTTP on a free port and writes its number there.

/add?item=tea&price=3 puts something into the visitor's basket. /debug/heap?file=F&label=L captures
the heap into a file: the two lines that a service needs. Stop it with SIGTERM.
"""
import http.cookies
import http.server
import os
import signal
import sys
import urllib.parse

import heapsnap

import sessions


class Shop(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        action = {'/add': self.add, '/debug/heap': self.debug_heap}.get(url.path)
        if action is None:
            self.send_error(404)
        else:
            action(query)

    def add(self, query):
        cookies = http.cookies.SimpleCookie(self.headers.get('Cookie', ''))
        cookie = cookies['session'].value if 'session' in cookies else None
        session = sessions.store.find(cookie)
        session.basket.add(query['item'], float(query['price']))
        self.answer('%.2f' % session.basket.total(), session.cookie)

    def debug_heap(self, query):
        heapsnap.dump(query['file'], label=query['label'])
        self.answer('captured')

    def answer(self, text, cookie=None):
        body = text.encode() + b'\n'
        self.send_response(200)
        self.send_header('Content-Type', 'text/plain')
        self.send_header('Content-Length', str(len(body)))
        if cookie:
            self.send_header('Set-Cookie', 'session=' + cookie)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *arguments):
        pass


def stop(number, frame):
    raise SystemExit(0)


def main(port_file):
    server = http.server.HTTPServer(('127.0.0.1', 0), Shop)
    signal.signal(signal.SIGTERM, stop)
    with open(port_file + '.new', 'w') as file:
        file.write('%d\n' % server.server_port)
    os.rename(port_file + '.new', port_file)
    server.serve_forever()


if __name__ == '__main__':
    main(*sys.argv[1:])
