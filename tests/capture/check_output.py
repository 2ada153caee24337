# SPDX-License-Identifier: MIT
"""The file: first line, values, compression, whole or nothing, fork, tracebacks."""
import gc
import json
import os
import sys
import time

import suite
from dumpfile import Dump
from suite import Skip, capture

import heapsnap

SECRET = ''.join(['se', 'cret', ' 4711'])


class Plain(object):
    pass


def _path(name):
    return os.path.join(suite.FOLDER, name)


def test_first_line():
    dump = capture(label='before', tags={'service': 'payment', 'a': 'b'})
    header = dump.header
    assert header['label'] == 'before' and header['tags'] == {'service': 'payment', 'a': 'b'}
    assert header['pid'] == os.getpid() and header['runtime'] == 'cpython'
    assert header['runtime_version'] == '%d.%d.%d' % sys.version_info[:3]
    assert abs(header['captured_at_unix_ms'] / 1000.0 - time.time()) < 60
    assert header['rss_bytes'] > 1000000 and header['values'] is False
    facts = header['facts']
    assert facts['gc.enabled'] is True and facts['gc.threshold.0'] == gc.get_threshold()[0]
    assert 'gc.stats.2.collections' in facts and facts['max_rss_bytes'] > 1000000
    assert dump.data.startswith(b'{"heapsnap":1,"runtime":"cpython",')
    assert not dump.warnings and not dump.stacks, dump.warnings


def test_lines_match_the_schema():
    try:
        import jsonschema
    except ImportError:
        raise Skip('jsonschema is not installed')
    folder = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(folder, '../../schemas/dump/heapsnap.schema.json')) as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    dump = capture(label='x', tags={'a': 'b'}, values=True)
    seen = {}
    for raw in dump.data.decode('ascii').split('\n')[:-1]:
        line = json.loads(raw)
        kind = raw[2:raw.index('"', 2)]
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] < 400 or kind in ('heapsnap', 'end'):
            validator.validate(line)
    assert set(seen) >= {'heapsnap', 'type', 'string', 'object', 'root', 'end'}
    for wrong in ({'object': 1}, {'type': 0, 'name': 5}, {'nothing': 1},
                  {'object': 1, 'type': 0, 'size': 8, 'rc': 'x'}):
        assert not validator.is_valid(wrong), wrong


def test_no_data_without_values():
    kept = [SECRET, {SECRET: SECRET, 'x' * 60: 1}, SECRET.encode(), 4711471147.5]
    dump = capture()
    data = dump.data
    assert 'label' not in dump.header
    assert SECRET.encode() not in data and b'4711471147.5' not in data
    assert b'x' * 60 not in data


def test_values_are_short_and_exact():
    class Text(str):
        pass
    kept = [''.join(['y'] * 500), Text('a subclass'), 1 << 100, -5000, b'\x00\xff' * 2,
            u'caf\xe9 \U0001f600 \ud800 "\\\n\x7f']
    floating = 4711471147.5
    dump = capture(values=True)
    assert dump.header['values'] is True and dump.of(floating)['text'] == '4711471147.5'
    assert dump.of(kept[0])['text'] == 'y' * 100
    assert 'text' not in dump.of(kept[1]) and 'text' not in dump.of(kept[2])
    assert dump.of(kept[3])['text'] == '-5000'
    assert dump.of(kept[4])['text'] == u'\x00\xff\x00\xff'
    assert dump.of(kept[5])['text'] == kept[5]
    assert dump.of(True)['text'] == 'True' and 'text' not in dump.of(None)


def test_gzip_by_name():
    path = _path('b.jsonl.gz')
    heapsnap.dump(path)
    with open(path, 'rb') as file:
        assert file.read(2) == b'\x1f\x8b'
    assert Dump(path).end['objects'] > 1000
    assert os.stat(path).st_mode & 0o777 == 0o600
    os.unlink(path)


def test_a_folder_that_is_not_there():
    try:
        heapsnap.dump(_path('no/such/folder.jsonl'))
    except OSError:
        pass
    else:
        raise AssertionError('no OSError')
    assert gc.isenabled() and os.listdir(suite.FOLDER) == []


def test_a_full_disk():
    for name in ('/dev/full',):
        try:
            heapsnap.dump(name)
        except OSError as error:
            assert error.errno == 28, error
        else:
            raise AssertionError('no OSError')
    # A regular file on a full disk: the limit of the file size stands in for it.
    pid = os.fork()
    if not pid:
        import resource
        import signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))
        status = 1
        try:
            heapsnap.dump(_path('full.jsonl'))
        except OSError:
            status = 0 if os.listdir(suite.FOLDER) == [] else 2
        finally:
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0
    assert os.listdir(suite.FOLDER) == []


def test_an_existing_file_is_replaced_whole():
    path = _path('again.jsonl')
    with open(path, 'w') as file:
        file.write('old')
    heapsnap.dump(path)
    with open(path) as file:
        assert file.readlines()[-1].startswith('{"end":1,')
    assert os.listdir(suite.FOLDER) == ['again.jsonl']
    os.unlink(path)


def test_wrong_arguments():
    for options in ({'label': 5}, {'tags': {'a': 1}}, {'tags': ['a']}):
        try:
            heapsnap.dump(_path('x'), **options)
        except TypeError:
            continue
        raise AssertionError(options)


def test_fork():
    kept = ['in both processes']
    names = ('f.jsonl', 'f.jsonl.gz')
    for name in names:
        pid = heapsnap.dump(_path(name), fork=True)
        assert type(pid) is int and pid > 0
        assert os.waitpid(pid, 0)[1] == 0
        dump = Dump(_path(name))
        assert dump.of(kept)['rc'] == 1 and dump.header['pid'] == os.getpid()
        os.unlink(_path(name))
    pid = heapsnap.dump(_path('g.jsonl'), fork=True)
    deadline = time.time() + 60
    while not os.path.exists(_path('g.jsonl')) and time.time() < deadline:
        time.sleep(0.01)
    time.sleep(0.1)
    heapsnap.dump('/dev/null')            # the next call reaps
    try:
        os.waitpid(pid, os.WNOHANG)
        raise AssertionError('a zombie')
    except OSError:
        pass
    os.unlink(_path('g.jsonl'))


def test_own_allocations_are_not_traced():
    import tracemalloc
    from heapsnap import _untraced
    if _untraced.begin() is not None:
        raise AssertionError('hooks are seen where there are none')
    tracemalloc.start(3)
    try:
        hooks = _untraced.begin()
        assert hooks is not None
        before = tracemalloc.get_traced_memory()[0]
        own = [object() for _ in range(20000)]
        during = tracemalloc.get_traced_memory()[0] - before
        _untraced.end(hooks)
        theirs = [object() for _ in range(20000)]
        after = tracemalloc.get_traced_memory()[0] - before - during
        del own
        freed = tracemalloc.get_traced_memory()[0] - before - during - after
        heapsnap.dump(_path('t.jsonl'))
        grown = tracemalloc.get_traced_memory()[0] - before - during - after - freed
    finally:
        tracemalloc.stop()
    os.unlink(_path('t.jsonl'))
    # What remains is the list that grows: large blocks come from the system.
    assert during < 200000 and after > 320000 and -200000 < freed <= 0, (during, after, freed)
    assert -50000 < grown < 50000 and len(theirs), grown


def test_tracing_that_was_stopped_meanwhile_stays_stopped():
    import tracemalloc
    from heapsnap import _untraced
    tracemalloc.start()
    hooks = _untraced.begin()
    tracemalloc.stop()
    _untraced.end(hooks)
    tracemalloc.start()                   # on top of whatever is there now
    _untraced.end(_untraced.begin())
    kept = [object() for _ in range(1000)]
    traced = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert 16000 <= traced < 100000 and kept, traced
    assert _untraced.begin() is None


def test_allocation_tracebacks():
    import tracemalloc
    tracemalloc.start(5)
    try:
        traced = Plain()
        line = sys._getframe().f_lineno - 1
        heapsnap.dump(_path('t.jsonl'))
    finally:
        tracemalloc.stop()                # before the dump is read, which would be traced, too
    dump = Dump(_path('t.jsonl'))
    os.unlink(_path('t.jsonl'))
    stack = dump.stacks[dump.of(traced)['stack']]
    newest = dump.frames[stack['frames'][0]]
    assert newest['file'] == __file__ and newest['line'] == line, newest
    assert len(stack['frames']) > 1
    assert dump.header['facts']['tracemalloc.limit'] == 5
