# SPDX-License-Identifier: MIT
"""A search service that keeps every page of results it ever rendered: app.py BEFORE AFTER."""
import sys

import heapsnap


class Page:
    """A rendered page of results."""

    def __init__(self, query, number, hits):
        self.query = query
        self.number = number
        self.hits = hits
        self.body = '\n'.join('<li>%s</li>' % hit for hit in hits)


class Renderer:
    def __init__(self, catalogue, page_size=10):
        self.catalogue = catalogue
        self.page_size = page_size
        # The leak: a key per query and page, and nothing is ever thrown out.
        self._pages = {}

    def page(self, query, number):
        key = (query, number)
        if key not in self._pages:
            start = number * self.page_size
            found = [title for title in self.catalogue if query[0] in title]
            self._pages[key] = Page(query, number, found[start:start + self.page_size])
        return self._pages[key]


class Service:
    def __init__(self):
        self.catalogue = ['title %d of %s' % (i, 'abcdefgh'[i % 8]) for i in range(400)]
        self.renderer = Renderer(self.catalogue)
        self.served = 0

    def handle(self, request):
        page = self.renderer.page(request['q'], request['page'])
        self.served += 1
        return {'status': 200, 'body': page.body}


service = Service()


def traffic(first, count):
    for i in range(first, first + count):
        service.handle({'q': 'abcdefgh'[i % 8] + str(i), 'page': i % 3})


def main(before, after):
    traffic(0, 50)
    heapsnap.dump(before, label='before')
    traffic(50, 1500)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
