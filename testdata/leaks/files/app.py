# SPDX-License-Identifier: MIT
"""An audit logger that opens a file for each tenant and closes none: app.py BEFORE AFTER."""
import os
import shutil
import sys
import tempfile

import heapsnap


class AuditLog:
    def __init__(self, folder):
        self.folder = folder
        # The leak: rotation by day and tenant only ever adds.
        self._open_files = {}

    def write(self, tenant, day, line):
        key = '%s_%d' % (tenant, day)
        file = self._open_files.get(key)
        if file is None:
            path = os.path.join(self.folder, key + '.log')
            file = self._open_files[key] = open(path, 'a', encoding='utf-8')
        file.write(line + '\n')


class Service:
    def __init__(self, folder):
        self.audit = AuditLog(folder)
        self.handled = 0

    def handle(self, tenant, day, action):
        self.handled += 1
        self.audit.write(tenant, day, '%d %s' % (self.handled, action))


def traffic(service, first_day, days):
    for day in range(first_day, first_day + days):
        for tenant in range(10):
            for action in ('login', 'read', 'logout'):
                service.handle('tenant%d' % tenant, day, action)


service = None


def main(before, after):
    global service
    folder = tempfile.mkdtemp(prefix='heapsnap-audit-')
    try:
        service = Service(folder)
        traffic(service, 0, 1)
        heapsnap.dump(before, label='before')
        traffic(service, 1, 12)
        heapsnap.dump(after, label='after')
    finally:
        shutil.rmtree(folder)


if __name__ == '__main__':
    main(*sys.argv[1:])
