# SPDX-License-Identifier: MIT
"""A small leak beside imports on first use: lazyimports.py BEFORE AFTER."""
import sys

import heapsnap

logins = []


class Login:
    def __init__(self, number):
        self.number = number


def handle(number):
    if number == 100:
        import decimal
        import email.mime.multipart
        import http.server
        import xml.dom.minidom
        assert decimal and email and http and xml
    logins.append(Login(number))


def traffic(first, count):
    for i in range(first, first + count):
        handle(i)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 400)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
