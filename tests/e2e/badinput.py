# SPDX-License-Identifier: MIT
"""What bad input gets: one line that says where and why, a documented status, no half-written store."""
import copy
import gzip
import json
import os
import pickle
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import tracemalloc

import e2elib

OBJECTS = 20000


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def write(path, data):
    with open(path, 'wb') as file:
        file.write(data)
    return path


def flipped(data, position):
    return data[:position] + bytes([data[position] ^ 0x40]) + data[position + 1:]


def refused(cases, done, what, program, subject, pattern=''):
    """Status 2 and one line: program, subject, cause. After a wrong option, a hint may follow it."""
    lines = done.stderr.strip('\n').split('\n')
    if lines[-1] == f"Try '{program} --help' for more information.":
        lines.pop()
    cases.check(done.returncode == 2, f'{what}: status 2', f'status {done.returncode}', done.stderr)
    cases.check(len(lines) == 1 and lines[0].startswith(f'{program}: ') and subject in lines[0] and
                not lines[0].endswith('.') and re.search(pattern, lines[0]),
                f'{what}: one line "{program}: …{subject}…{pattern}"', done.stderr)


def load_refused(cases, what, dump, pattern='', *options):
    """A load that must fail leaves nothing in the store's folder."""
    with e2elib.Folder('refused') as folder:
        store = os.path.join(folder, 'a.db')
        done = e2elib.run('snapload', dump, '-o', store, *options)
        refused(cases, done, what, 'snapload', os.path.basename(dump), pattern)
        cases.check(os.listdir(folder) == [], f'{what}: nothing is left behind', os.listdir(folder))


def snapshot_rows(cases, store):
    return e2elib.rows(cases, 'snapinfo', store)


def load_partial(cases, what, dump, whole, offset=None):
    """
    A damaged dump: status 3, what could be read is stored, marked incomplete, with its coverage.
    Damage before the first object may refuse the dump instead. Returns the number of objects.
    """
    with e2elib.Folder('partial') as folder:
        store = os.path.join(folder, 'a.db')
        done = e2elib.run('snapload', dump, '-o', store)
        if done.returncode == 2:
            refused(cases, done, what, 'snapload', os.path.basename(dump))
            cases.check(os.listdir(folder) == [], f'{what}: nothing is left behind')
            return 0
        cases.check(done.returncode == 3, f'{what}: status 3', f'status {done.returncode}',
                    done.stderr)
        place = re.search(re.escape(os.path.basename(dump)) + r'.* byte (\d+)', done.stderr)
        cases.check(place, f'{what}: the line names the byte', done.stderr)
        if place and offset:
            cases.check(offset[0] <= int(place.group(1)) <= offset[1],
                        f'{what}: the byte is in {offset}', done.stderr)
        verified = e2elib.run('snapinfo', store, '--verify')
        cases.check(verified.returncode in (0, 3), f'{what}: the store is whole', verified.stderr)
        rows = snapshot_rows_of_incomplete(cases, store)
        if not cases.check(len(rows) == 1 and not rows[0]['complete'],
                           f'{what}: the snapshot is marked incomplete', rows):
            return 0
        cases.check(rows[0]['objects'] <= whole, f'{what}: no more objects than the whole', rows)
        shown = e2elib.run('snapinfo', store)
        cases.check(re.search(r'\d+(\.\d+)? ?%|\bof\b', shown.stdout), f'{what}: shows its coverage',
                    shown.stdout)
        return rows[0]['objects']


def snapshot_rows_of_incomplete(cases, store):
    done = e2elib.run('snapinfo', store, '--json')
    cases.check(done.returncode in (0, 3), 'snapinfo of an incomplete snapshot', done.returncode,
                done.stderr)
    return json.loads(done.stdout)['rows'] if done.stdout else []


def test_unreadable(cases, folder):
    load_refused(cases, 'a missing dump', os.path.join(folder, 'missing.jsonl'), 'no such file|No such')
    os.mkdir(os.path.join(folder, 'empty'))
    load_refused(cases, 'an empty folder', os.path.join(folder, 'empty'), 'no dump')
    load_refused(cases, 'an empty dump', write(os.path.join(folder, 'empty.jsonl'), b''), 'empty|format')
    load_refused(cases, 'an empty gzip', write(os.path.join(folder, 'e.jsonl.gz'), gzip.compress(b'')),
                 'empty|format')
    load_refused(cases, 'not a dump', write(os.path.join(folder, 'noise.bin'), bytes(range(256)) * 9),
                 'format')
    load_refused(cases, 'text', write(os.path.join(folder, 'notes.txt'), b'Dear diary,\n' * 50), 'format')
    load_refused(cases, 'a program', sys.executable, 'format')
    load_refused(cases, 'another JSON', write(os.path.join(folder, 'o.json'), b'{"a":[1,2,3]}\n'),
                 'format')
    load_refused(cases, 'a wrong --format', os.path.join(folder, 'o.json'), '', '--format', 'heapsnap')
    done = e2elib.run('snapload', os.path.join(folder, 'o.json'), '--format', 'nonsense')
    refused(cases, done, 'an unknown --format', 'snapload', 'nonsense')


def test_truncated(cases, folder, dump):
    data = read(dump)
    counts = []
    for i in range(1, 13):
        cut = len(data) * i // 13
        path = write(os.path.join(folder, 'cut.jsonl'), data[:cut])
        # At most to the end of what is left, and not before the line that was cut.
        start = data.rfind(b'\n', 0, cut) + 1
        counts.append(load_partial(cases, f'cut at byte {cut}', path, OBJECTS + 2, (start, cut)))
    cases.check(counts == sorted(counts) and counts[-1] > OBJECTS * 0.8,
                'longer dumps give more objects', counts)
    last = data.rstrip(b'\n').rfind(b'\n') + 1
    path = write(os.path.join(folder, 'cut.jsonl'), data[:last])
    count = load_partial(cases, 'without its last line', path, OBJECTS + 2)
    cases.check(count == OBJECTS + 2, 'without its last line: every object is there', count)
    for tool, arguments in (('snaptop', []), ('cyclefind', []), ('backrefs', ['made.Entry'])):
        done = e2elib.run(tool, path, *arguments, '--json')
        cases.check(done.returncode == 3 and done.stderr.startswith(f'{tool}: warning: ') and
                    json.loads(done.stdout)['rows'] is not None,
                    f'{tool} answers from a truncated dump, and says so', done.returncode, done.stderr)
        done = e2elib.run(tool, path, *arguments, '--strict')
        refused(cases, done, f'{tool} --strict of a truncated dump', tool, 'cut.jsonl')
    packed = read(dump + '.gz')
    for i in range(1, 8):
        cut = len(packed) * i // 8
        path = write(os.path.join(folder, 'cut.jsonl.gz'), packed[:cut])
        load_partial(cases, f'gzip cut at byte {cut}', path, OBJECTS + 2)


def test_damaged(cases, folder, dump):
    data = read(dump)
    for i in range(1, 6):
        start = data.rfind(b'\n{"object":', 0, len(data) * i // 6) + 1
        end = data.index(b'\n', start)
        broken = data[:start] + b'?' * (end - start) + data[end:]
        path = write(os.path.join(folder, 'broken.jsonl'), broken)
        load_partial(cases, f'a broken line at byte {start}', path, OBJECTS + 2, (start, end))
        load_refused(cases, f'a broken line at byte {start}, --strict', path, r'byte \d+', '--strict')
    packed = read(dump + '.gz')
    for i in range(1, 6):
        path = write(os.path.join(folder, 'flip.jsonl.gz'), flipped(packed, len(packed) * i // 6))
        load_partial(cases, f'gzip with byte {len(packed) * i // 6} flipped', path, OBJECTS + 2)
    # A flipped byte anywhere in the text: any documented outcome, never a crash or a broken store.
    for i in range(1, 40):
        path = write(os.path.join(folder, 'flip.jsonl'), flipped(data, len(data) * i // 40))
        store = os.path.join(folder, 'flip.db')
        done = e2elib.run('snapload', path, '-o', store)
        cases.check(done.returncode in (0, 2, 3), f'byte {len(data) * i // 40} flipped',
                    done.returncode, done.stderr)
        if os.path.exists(store):
            verified = e2elib.run('snapinfo', store, '--verify')
            cases.check(verified.returncode in (0, 3), 'and the store is whole', verified.stderr)
            os.remove(store)


def test_existing(cases, folder, dump, store):
    before = read(store)
    done = e2elib.run('snapload', dump, '-o', store)
    refused(cases, done, 'a store that exists', 'snapload', os.path.basename(store), 'exists')
    cases.check(read(store) == before, 'a store that exists: is left alone')
    done = e2elib.run('snapload', dump, '-o', os.path.join(folder, 'nowhere', 'a.db'))
    refused(cases, done, 'a folder that does not exist', 'snapload', 'a.db')


def as_nobody():
    os.setgid(65534)
    os.setuid(65534)


def nobody_can(*command):
    try:
        return subprocess.run(command, preexec_fn=as_nobody, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    except PermissionError:
        return False


def test_unwritable(cases, dump):
    """A folder without the right to write: root needs to be somebody else for it."""
    options = {}
    if os.getuid() == 0:
        if not nobody_can(e2elib.tool('snapload'), '--version') or not nobody_can('cat', dump):
            cases.skip('unwritable folder: another user cannot run the tools here')
            return
        options['preexec_fn'] = as_nobody
    with e2elib.Folder('unwritable') as folder:
        os.chmod(folder, 0o555)
        done = e2elib.run('snapload', dump, '-o', os.path.join(folder, 'a.db'), **options)
        refused(cases, done, 'an unwritable folder', 'snapload', 'a.db', '[Pp]ermission')
        cases.check(os.listdir(folder) == [], 'an unwritable folder: nothing is left behind')
        os.chmod(folder, 0o755)


def test_read_only(cases, dump):
    with e2elib.Folder('readonly') as folder:
        mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'ro', 'heapsnap', folder],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if mounted.returncode != 0:
            cases.skip('read-only file system: none can be mounted here')
            return
        try:
            done = e2elib.run('snapload', dump, '-o', os.path.join(folder, 'a.db'))
            refused(cases, done, 'a read-only file system', 'snapload', 'a.db', '[Rr]ead-only')
        finally:
            subprocess.run(['umount', folder], check=True)


def test_full_by_limit(cases, folder, dump, store):
    """No file may grow beyond a limit: what a full disk or a quota does, without a disk."""
    size = os.path.getsize(store)
    for limit in (0, 512, 4096, size // 8, size // 2, size - 4096):
        def limited():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        with e2elib.Folder('limit') as place:
            target = os.path.join(place, 'a.db')
            done = e2elib.run('snapload', dump, '-o', target, preexec_fn=limited,
                              restore_signals=False)
            refused(cases, done, f'files of at most {limit} bytes', 'snapload', 'a.db')
            cases.check(os.listdir(place) == [], f'files of at most {limit} bytes: nothing is left',
                        os.listdir(place))
        target = write(os.path.join(folder, 'append.db'), read(store))

        def limited_append():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + limit // 2,) * 2)
        done = e2elib.run('snapload', dump, '--append', '-o', target, '--label', 'second',
                          preexec_fn=limited_append, restore_signals=False)
        cases.check(done.returncode == 2, f'append, {limit // 2} bytes left: status 2',
                    done.returncode, done.stderr)
        whole_with(cases, f'append, {limit // 2} bytes left', target, (1,))


def whole_with(cases, what, store, counts):
    """The store verifies and holds one of these numbers of snapshots."""
    verified = e2elib.run('snapinfo', store, '--verify')
    cases.check(verified.returncode == 0, f'{what}: the store is whole', verified.stdout,
                verified.stderr)
    rows = snapshot_rows(cases, store)
    cases.check(len(rows) in counts, f'{what}: {counts} snapshots', len(rows))


def test_full_disk(cases, dump, store):
    """The real thing, where a file system may be mounted."""
    with e2elib.Folder('disk') as folder:
        mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=256k', 'heapsnap', folder],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if mounted.returncode != 0:
            cases.skip('full disk: no file system can be mounted here')
            return
        try:
            target = os.path.join(folder, 'a.db')
            cases.check(os.path.getsize(store) > 256 << 10, 'the store does not fit the disk')
            done = e2elib.run('snapload', dump, '-o', target)
            refused(cases, done, 'a full disk', 'snapload', 'a.db', 'full|space')
            cases.check(os.listdir(folder) == [], 'a full disk: nothing is left behind',
                        os.listdir(folder))
            subprocess.run(['mount', '-o', f'remount,size={os.path.getsize(store) + 65536}', folder],
                           check=True)
            write(target, read(store))
            done = e2elib.run('snapload', dump, '--append', '-o', target)
            cases.check(done.returncode == 2, 'append on a full disk: status 2', done.stderr)
            whole_with(cases, 'append on a full disk', target, (1,))
        finally:
            subprocess.run(['umount', folder], check=True)


def test_bad_stores(cases, folder, store):
    path = os.path.join(folder, 'bad.db')
    name = os.path.basename(path)
    for tool in ('snapinfo', 'snaptop', 'cyclefind'):
        write(path, read(store))
        with sqlite3.connect(path) as connection:
            connection.execute('PRAGMA user_version = 999')
        connection.close()
        refused(cases, e2elib.run(tool, path), f'{tool}: a newer schema', tool, name, 'newer')
        write(path, read(store))
        with sqlite3.connect(path) as connection:
            connection.execute('PRAGMA application_id = 12')
        connection.close()
        refused(cases, e2elib.run(tool, path), f"{tool}: another program's database", tool, name)
        write(path, read(store)[:os.path.getsize(store) // 2])
        done = e2elib.run(tool, path)
        cases.check(done.returncode == 2, f'{tool}: half a store', done.returncode, done.stderr)
        refused(cases, e2elib.run(tool, write(path, b'')), f'{tool}: an empty store', tool, name)
        missing = os.path.join(folder, 'missing.db')
        refused(cases, e2elib.run(tool, missing), f'{tool}: no store', tool, 'missing.db')
        refused(cases, e2elib.run(tool, store + '#tuesday'), f'{tool}: no such snapshot', tool,
                'tuesday')
    cases.check(not os.path.exists(missing), 'a missing store is not made by looking')


def segments(store):
    """(rowid, column, blob) of every segment."""
    connection = sqlite3.connect(store)
    columns = [row[1] for row in connection.execute('PRAGMA table_info(segment)')
               if row[2].upper() == 'BLOB']
    found = [(row, column, blob) for column in columns
             for row, blob in connection.execute(f'SELECT rowid, {column} FROM segment') if blob]
    connection.close()
    return found


def replace_segment(store, row, column, blob):
    connection = sqlite3.connect(store)
    with connection:
        connection.execute(f'UPDATE segment SET {column} = ? WHERE rowid = ?', (blob, row))
    connection.close()


def test_flipped_store(cases, folder, store):
    data = read(store)
    path = os.path.join(folder, 'flip.db')
    found = segments(store)
    cases.check(len(found) >= 5, 'the store has segments', len(found))
    answer = e2elib.run('cyclefind', store, '--json').stdout
    for row, column, blob in found:
        write(path, data)
        replace_segment(path, row, column, flipped(blob, len(blob) // 2))
        done = e2elib.run('snapinfo', path, '--verify')
        refused(cases, done, f'segment {row} with its middle flipped', 'snapinfo', 'flip.db', 'segment')
        for tool in ('snaptop', 'cyclefind', 'backrefs'):
            arguments = ['made.Entry', '--chain'] if tool == 'backrefs' else []
            done = e2elib.run(tool, path, *arguments)
            cases.check(done.returncode in (0, 2), f'{tool} with segment {row} flipped',
                        done.returncode, done.stderr)
    for i in range(1, 32):
        position = len(data) * i // 32
        write(path, flipped(data, position))
        for tool, arguments in (('snapinfo', ['--verify']), ('cyclefind', ['--json'])):
            done = e2elib.run(tool, path, *arguments)
            what = f'{tool} of a store with byte {position} flipped'
            if cases.check(done.returncode in (0, 2, 3), what, done.returncode, done.stderr) and \
                    done.returncode == 2:
                cases.check(done.stderr.startswith(f'{tool}: ') and done.stderr.count('\n') == 1,
                            f'{what}: one line', done.stderr)
            if tool == 'cyclefind' and done.returncode == 0:
                verified = e2elib.run('snapinfo', path, '--verify').returncode
                cases.check(verified != 0 or done.stdout == answer.replace(store, path),
                            f'{what}: a store that verifies gives the same answer')


class Evil:
    """Pickled, it asks its reader to run a command."""

    def __init__(self, function, *arguments):
        self.how = (function, arguments)

    def __reduce__(self):
        return self.how


def test_pickles(cases, folder):
    formats = e2elib.run('snapinfo', '--formats')
    if 'tracemalloc' not in formats.stdout:
        cases.skip('pickles: no tracemalloc reader')
        return
    path = os.path.join(folder, 'snapshot.pickle')
    witness = os.path.join(folder, 'ran')
    tracemalloc.start(3)
    kept = [bytearray(100) for _ in range(100)]
    snapshot = tracemalloc.take_snapshot()
    tracemalloc.stop()
    snapshot.dump(path)
    tampered = copy.copy(snapshot)
    tampered.extra = Evil(os.mkdir, witness)
    store = os.path.join(folder, 'pickle.db')
    done = e2elib.run('snapload', path, '-o', store)
    cases.check(done.returncode == 0 and kept, "tracemalloc's own pickle is read", done.stderr)
    for protocol in range(0, pickle.HIGHEST_PROTOCOL + 1):
        for evil in (Evil(os.system, f'touch {witness}'), Evil(eval, f'open({witness!r}, "w")'),
                     tampered, tempfile.SpooledTemporaryFile,
                     {'traces': Evil(os.mkdir, witness)}):
            write(path, pickle.dumps(evil, protocol))
            load_refused(cases, f'a pickle of protocol {protocol} that names something else', path, '',
                         '--format', 'tracemalloc')
    cases.check(not os.path.exists(witness), 'no pickle ran anything')


def test_full_output(cases, store):
    for tool, arguments in (('snapinfo', []), ('snaptop', []), ('cyclefind', ['--json'])):
        if not cases.check(e2elib.have(tool), f'{tool} is there'):
            continue
        with open('/dev/full', 'w') as full:
            done = subprocess.run([e2elib.tool(tool), store, *arguments], stdout=full,
                                  stderr=subprocess.PIPE, text=True)
        cases.check(done.returncode == 2 and done.stderr.startswith(tool + ': ') and
                    done.stderr.count('\n') == 1, f'{tool} into a full disk says so',
                    done.returncode, done.stderr)


def test(cases):
    with e2elib.Folder('badinput') as folder:
        os.chmod(folder, 0o755)
        dump = os.path.join(folder, 'good.jsonl')
        e2elib.write_dump(dump, OBJECTS)
        e2elib.write_dump(dump + '.gz', OBJECTS)
        store = os.path.join(folder, 'good.db')
        done = e2elib.run('snapload', dump, '-o', store)
        if not cases.check(done.returncode == 0, 'the good dump loads', done.stderr):
            return
        whole_with(cases, 'the good dump', store, (1,))
        test_unreadable(cases, folder)
        test_truncated(cases, folder, dump)
        test_damaged(cases, folder, dump)
        test_existing(cases, folder, dump, store)
        test_unwritable(cases, dump)
        test_read_only(cases, dump)
        test_full_by_limit(cases, folder, dump, store)
        test_full_disk(cases, dump, store)
        test_bad_stores(cases, folder, store)
        test_flipped_store(cases, folder, store)
        test_pickles(cases, folder)
        test_full_output(cases, store)


if __name__ == '__main__':
    e2elib.main(test)
