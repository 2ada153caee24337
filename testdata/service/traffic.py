# SPDX-License-Identifier: MIT
"""Visitors of the shop: traffic.py PORT add COUNT, or traffic.py PORT capture FILE LABEL."""
import http.client
import sys
import urllib.parse

GOODS = [('tea', 3.5), ('coffee', 7.25), ('cup', 4.0)]


def get(connection, path, **query):
    connection.request('GET', path + '?' + urllib.parse.urlencode(query))
    response = connection.getresponse()
    response.read()
    if response.status != 200:
        sys.exit('traffic: %s: %d %s' % (path, response.status, response.reason))


def main(port, action, *arguments):
    def connect():
        return http.client.HTTPConnection('127.0.0.1', int(port), timeout=60)
    if action == 'capture':
        file, label = arguments
        get(connect(), '/debug/heap', file=file, label=label)
        return
    for number in range(int(arguments[0])):
        item, price = GOODS[number % len(GOODS)]
        get(connect(), '/add', item=item, price=price)


if __name__ == '__main__':
    main(*sys.argv[1:])
