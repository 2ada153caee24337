# SPDX-License-Identifier: MIT
"""An aiohttp server: python shop_aiohttp.py PORT. A codec in C takes a reference to each request's
headers, with LEAK=1 without ever giving it back."""
import ctypes
import os
import sys

import heapsnap.aiohttp
from aiohttp import web
from multidict import CIMultiDict

LEAK = os.environ.get('LEAK') == '1'


class Codec:
    """Stands for an extension module: one Py_INCREF in it has no Py_DECREF."""

    def __init__(self):
        self._take, self._give = ctypes.pythonapi.Py_IncRef, ctypes.pythonapi.Py_DecRef
        for call in (self._take, self._give):
            call.argtypes = [ctypes.py_object]
            call.restype = None

    def decode(self, headers):
        self._take(headers)
        size = sum(len(value) for value in headers.values())
        if not LEAK:
            self._give(headers)
        return size


codec = Codec()


async def upload(request):
    data = await request.post()
    headers = CIMultiDict(('X-%s' % name, str(value)) for name, value in data.items())
    return web.json_response({'pid': os.getpid(), 'size': codec.decode(headers)})


def main(port):
    app = web.Application()
    app.router.add_post('/upload/{number}', upload)
    heapsnap.aiohttp.setup(app, os.environ['HEAPSNAP_TEST_FOLDER'], {'label': 'uploads'}, sample=0.2,
                           debug_token=os.environ['HEAPSNAP_TEST_TOKEN'])
    web.run_app(app, host='127.0.0.1', port=port, print=None)


if __name__ == '__main__':
    main(int(sys.argv[1]))
