# SPDX-License-Identifier: MIT
"""The capture asks no user code and leaves nothing behind; no depth or state breaks it."""
import gc
import subprocess
import sys

import heapsnap
from suite import MODE, Skip, capture

CALLED = []


def _refuse(name):
    def refuse(*arguments, **keywords):
        CALLED.append(name)
        raise RuntimeError('the capture called %s' % name)
    return refuse


_NAMES = ('__repr__ __str__ __len__ __eq__ __ne__ __hash__ __bool__ __getattr__ '
          '__getattribute__ __setattr__ __delattr__ __iter__ __next__ __contains__ __getitem__ '
          '__sizeof__ __dir__ __call__ __format__ __bytes__ __index__ __int__ __float__ '
          '__instancecheck__ __subclasscheck__ __subclasses__ mro_entries __reduce__ '
          '__reduce_ex__ __length_hint__ __fspath__ keys items values').split()


def _hostile(name, bases, meta=type):
    """A class of which every method that anyone might call raises."""
    body = dict((method, _refuse(method)) for method in _NAMES)
    for attribute in ('__class__', '__dict__', '__doc__', '__wrapped__', 'name', '_name'):
        body[attribute] = property(_refuse(attribute))
    try:
        return meta(name, bases, body)
    except TypeError:
        del body['__dict__']
        return meta(name, bases, body)


def test_no_user_code_is_called():
    meta = type('Meta', (type,), dict((method, _refuse(method)) for method in (
        '__repr__', '__len__', '__eq__', '__getattribute__', '__getattr__', '__instancecheck__',
        '__subclasscheck__', '__call__', '__subclasses__', '__hash__')))
    keep = []
    for base in (object, dict, list, tuple, set, str, int, bytes, float, Exception):
        cls = _hostile('Hostile' + base.__name__, (base,))
        keep.append(base.__new__(cls))
    late = type.__call__(meta, 'WithMeta', (object,), {})
    keep.append(object.__new__(late))
    # A key whose comparison and hash raise from now on.
    state = []

    class Key(object):
        def __hash__(self):
            if state:
                CALLED.append('hash')
                raise RuntimeError('hashed')
            return 1

        def __eq__(self, other):
            CALLED.append('eq')
            raise RuntimeError('compared')
    keep.append({Key(): 1})
    state.append(1)
    del CALLED[:]
    dump = capture(values=True)           # that looks at more than without
    assert not CALLED, CALLED
    for o in keep:
        assert dump.of(o)['object'] == id(o)
    del state[:]


def test_nothing_lives_on():
    census()
    heapsnap.dump('/dev/null', values=True)
    blocks = sys.getallocatedblocks()     # with those of the free lists, which census() empties
    before = census()
    heapsnap.dump('/dev/null', values=True)
    blocks = sys.getallocatedblocks() - blocks
    after = census()
    assert before == after, [(name, before.get(name), after.get(name)) for name in
                             set(before) | set(after) if before.get(name) != after.get(name)]
    assert blocks < 200, blocks           # `before` has some itself


def census():
    gc.collect()
    gc.collect()
    counts = {}
    for o in gc.get_objects():
        name = type(o).__name__
        counts[name] = counts.get(name, 0) + 1
    return counts


def test_dicts_are_not_made():
    if sys.version_info < (3, 11):
        raise Skip('every instance has its dict at once before 3.11')

    class Plain(object):
        pass
    plain = Plain()
    plain.attribute = []
    dump = capture()
    assert dict not in [type(o) for o in gc.get_referents(plain)]
    assert 'internal' not in dump.of(plain)


def test_frames_are_not_made():
    if sys.version_info < (3, 11):
        raise Skip('every frame is an object before 3.11')

    def frames():
        return sum(type(o).__name__ == 'frame' for o in gc.get_objects())
    before = frames()
    dump = capture()
    assert frames() == before
    records = [root for root in dump.roots if root['kind'] == 'frame']
    assert len(records) >= 3
    assert all('rc' not in dump.objects[root['root']] for root in records)


def test_a_deep_list():
    deep = []
    for _ in range(60000):
        deep = [deep]
    nested = ()
    for _ in range(20000):
        nested = (nested,)
    dump = capture()
    assert id(deep) in dump.objects and dump.end['objects'] > 80000
    dump = None
    # Taken apart by hand: before 3.9 the interpreter itself does not survive its end.
    while deep:
        deep = deep.pop()


def test_garbage_stays_unless_asked():
    class Node(object):
        pass
    gc.disable()
    try:
        node = Node()
        node.me = node
        address = id(node)
        del node
        assert address in capture().objects
        assert not gc.isenabled(), 'the state of the collector is kept'
        assert address not in capture(collect=True).objects
    finally:
        gc.enable()


def test_finalized_objects_are_marked():
    kept = []

    class Back(object):
        def __del__(self):
            kept.append(self)
    Back()
    dump = capture()
    assert gc.isenabled(), 'the state of the collector is kept'
    assert dump.of(kept[0])['flags'] & 4 and not dump.of(kept).get('flags') & 4


def test_frozen_objects_are_there():
    if not hasattr(gc, 'freeze'):
        raise Skip('no gc.freeze before 3.7')
    kept = ['frozen']
    gc.freeze()
    try:
        dump = capture()
        assert dump.of(kept)['flags'] & 1 and 'gen' not in dump.of(kept)
        assert dump.header['facts']['gc.frozen'] > 0
    finally:
        gc.unfreeze()


_ALONE = """
import ctypes, gc, json, os, platform, re, resource, sys, threading, weakref, zlib
sys.path.insert(0, sys.argv[1])
gc.collect()
gc.disable()
import heapsnap
from heapsnap import _accelerated
_accelerated.enabled[0] = sys.argv[2] == 'c'
heapsnap.dump('/dev/null')
os.waitpid(heapsnap.dump('/dev/null', fork=True), 0)
try:
    heapsnap.dump('/no/such/folder')
except OSError:
    pass
gc.set_debug(gc.DEBUG_SAVEALL)
gc.collect()
print(sorted(str(o)[:200] for o in gc.garbage))
"""


def test_it_makes_no_garbage():
    found = subprocess.check_output([sys.executable, '-c', _ALONE, sys.argv[1], MODE])
    assert found == b'[]\n', found


# Finished futures leave iterators on a list of _asyncio, which its traversal shows in 3.12.
_AFTER_ASYNCIO = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
import heapsnap
from heapsnap import _accelerated
_accelerated.enabled[0] = sys.argv[2] == 'c'
async def wait():
    await asyncio.sleep(0.001)
async def main():
    await asyncio.gather(*[wait() for _ in range(50)])
loop = asyncio.new_event_loop()
loop.run_until_complete(main())
heapsnap.dump('/dev/null')
loop.run_until_complete(main())
loop.close()
print('ended')
"""


def test_a_process_with_futures_goes_on_and_ends():
    found = subprocess.check_output([sys.executable, '-c', _AFTER_ASYNCIO, sys.argv[1], MODE],
                                    timeout=60)
    assert found == b'ended\n', found


def test_own_objects_are_not_there():
    dump = capture()
    own = [line for line in dump.objects.values()
           if dump.types[line['type']]['name'] in ('Walk', 'Plan', 'Output')]
    assert not own
    texts = [line.get('text', '') for line in dump.objects.values()
             if dump.types[line['type']]['name'] == 'frame']
    assert not [text for text in texts if '_dump.py' in text or '_walk.py' in text]
