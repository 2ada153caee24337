# SPDX-License-Identifier: MIT
"""A server that takes forms: server.py PORT_FILE. Its answers are counted; its memory is served at /trace, /heap."""
import asyncio
import os
import sys
import tempfile
import tracemalloc

from aiohttp import web

import fields
import heapsnap

recent = []


async def submit(request):
    form = fields.Fields()
    for name, value in (await request.json()).items():
        form.add(name, value)
    recent.append(len(form.getall()))
    del recent[:-100]
    return web.json_response({'fields': recent[-1]})


def file_response(write):
    folder = tempfile.mkdtemp(prefix='heapsnap-story-')
    path = os.path.join(folder, 'dump')
    try:
        write(path)
        with open(path, 'rb') as file:
            return web.Response(body=file.read(), content_type='application/octet-stream')
    finally:
        os.unlink(path)
        os.rmdir(folder)


async def trace(request):
    return file_response(tracemalloc.take_snapshot().dump)


async def heap(request):
    return file_response(heapsnap.dump)


async def main(port_file):
    app = web.Application()
    app.add_routes([web.post('/submit', submit), web.get('/trace', trace), web.get('/heap', heap)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, '127.0.0.1', 0)
    await site.start()
    port = runner.addresses[0][1]
    with open(port_file + '.tmp', 'w') as file:
        file.write(str(port))
    os.rename(port_file + '.tmp', port_file)
    await asyncio.get_event_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()


if __name__ == '__main__':
    tracemalloc.start(10)
    asyncio.run(main(sys.argv[1]))
