# SPDX-License-Identifier: MIT
"""The service: serve.py PORT_FILE answers /parcel/NUMBER and writes its port and pid to a file."""
import http.server
import os
import sys

import heapsnap

import parcels

heapsnap.install('dumps', label='parcels', tags={'service': 'parcels', 'release': parcels.RELEASE})


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    wbufsize = -1                       # head and body in one packet

    def do_GET(self):
        number = self.path.rpartition('/')[2]
        text = None
        if number.isdigit():
            text = parcels.tracker.answer(int(number), self.headers.get('X-Request-Id', ''))
        body = (text or '{"error": "no such parcel"}').encode()
        self.send_response(200 if text else 404)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *arguments):
        pass


def main(port_file):
    server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
    with open(port_file + '.new', 'w') as file:
        file.write('%d %d' % (server.server_address[1], os.getpid()))
    os.rename(port_file + '.new', port_file)
    server.serve_forever()


if __name__ == '__main__':
    main(sys.argv[1])
