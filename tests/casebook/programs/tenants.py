# SPDX-License-Identifier: MIT
"""A module in sys.modules for each tenant: tenants.py BEFORE AFTER."""
import hashlib
import sys
import types

import heapsnap


def load(number):
    name = 'tenant_' + hashlib.md5(b'%d' % number).hexdigest()
    module = types.ModuleType(name)
    module.settings = {'number': number, 'name': name}
    sys.modules[name] = module


def traffic(first, count):
    for i in range(first, first + count):
        load(i)


def main(before, after):
    traffic(0, 5)
    heapsnap.dump(before, label='before')
    traffic(5, 150)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
