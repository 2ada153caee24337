# SPDX-License-Identifier: MIT
"""Frames of every thread are roots, and hold their locals by name."""
import os
import sys
import threading
import time

import heapsnap
from suite import capture


def _wait(ready, done, argument):
    local = {'of': 'the thread'}
    ready.append((id(local), id(argument)))
    done.wait(60)
    return local


def test_frames_of_other_threads():
    ready, done = [], threading.Event()
    threads = [threading.Thread(target=_wait, args=(ready, done, [n]), name='worker %d' % n)
               for n in range(3)]
    for thread in threads:
        thread.start()
    while len(ready) < 3:
        done.wait(0.001)
    try:
        dump = capture()
    finally:
        done.set()
        for thread in threads:
            thread.join()
    for n in range(3):
        roots = [root for root in dump.roots if root.get('thread') == 'worker %d' % n]
        waiting = [root for root in roots if root['name'].startswith('_wait check_threads.py:')]
        assert len(waiting) == 1, roots
        local = dump.named(dump.objects[waiting[0]['root']], 'local')
        assert (local['local'], local['argument']) in ready
        assert len(roots) >= 4


def test_frames_of_this_thread():
    local = ['of this frame']

    def inner():
        mine = local
        return capture(), mine, sys._getframe().f_lineno
    dump, _, line = inner()
    roots = [root for root in dump.roots if root.get('thread') == 'MainThread']
    names = [root['name'] for root in roots]
    here = 'inner %s:%d' % (os.path.basename(__file__), line)
    assert here in names, names
    root = roots[names.index(here)]['root']
    assert dump.named(dump.objects[root], 'local')['mine'] == id(local)
    assert not [name for name in names if '_dump.py' in name]


def test_a_running_generator():
    def generator(argument):
        local = [argument]
        yield capture(), id(local)
    argument = ['given']
    dump, local = next(generator(argument))
    found = [dump.named(dump.objects[root['root']], 'local') for root in dump.roots
             if root['name'].startswith('generator ')]
    assert len(found) == 1 and found[0]['local'] == local
    assert found[0]['argument'] == id(argument)


def test_threads_that_change_the_heap():
    """The pure walk lets other threads run; it must survive what they do meanwhile."""
    stop = []

    class Node(object):
        pass

    def churn():
        while not stop:
            nodes = [Node() for _ in range(200)]
            for n, node in enumerate(nodes):
                node.attribute = {n: nodes}
                node.__dict__['more'] = n
            del nodes[:]
            time.sleep(0.002)
    threads = [threading.Thread(target=churn) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(2):
            heapsnap.dump('/dev/null')
    finally:
        stop.append(1)
        for thread in threads:
            thread.join()
