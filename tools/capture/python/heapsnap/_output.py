# SPDX-License-Identifier: MIT
"""The dump file: written beside its name, synced, renamed; or nothing is left."""
import os
import stat
import zlib

LEVEL = 1                    # gzip: a tenth of the size already; higher levels cost too much


class Output(object):
    """A sink. Text collects in `parts`; flush() writes it, close() puts the file in place."""

    __slots__ = ('path', 'parts', 'compress', 'temporary', 'fd', 'gzip')

    def __init__(self, path):
        self.path = os.fspath(path)
        self.parts = []
        self.compress = None
        self.temporary = None
        name = os.fsdecode(self.path)
        # A pipe or a device is written to as it is: it cannot be replaced.
        try:
            regular = stat.S_ISREG(os.stat(self.path).st_mode)
        except OSError:
            regular = True
        flags = os.O_WRONLY | getattr(os, 'O_CLOEXEC', 0)
        if regular:
            self.temporary = '%s.tmp-%d' % (name, os.getpid())
            flags |= os.O_CREAT | os.O_TRUNC | getattr(os, 'O_NOFOLLOW', 0)
        # Only the owner may read it: a heap holds what the program holds.
        self.fd = os.open(self.temporary or self.path, flags, 0o600)
        self.gzip = name.endswith('.gz')
        if self.gzip:
            self.compress = zlib.compressobj(LEVEL, zlib.DEFLATED, 31)

    def flush(self):
        """Write what has collected."""
        data = ''.join(self.parts).encode('ascii')
        del self.parts[:]
        self.write(data)

    def write(self, data):
        if self.compress is not None:
            data = self.compress.compress(data)
        _write_all(self.fd, data)

    def close(self):
        self.flush()
        if self.compress is not None:
            _write_all(self.fd, self.compress.flush())
        self.finish()

    def finish(self):
        """Sync and rename: the part after the last byte."""
        if self.temporary is not None:
            os.fsync(self.fd)
        fd, self.fd = self.fd, -1
        os.close(fd)
        if self.temporary is not None:
            os.rename(self.temporary, self.path)
            self.temporary = None

    def abandon(self):
        """Leave nothing behind."""
        if self.fd >= 0:
            try:
                os.close(self.fd)
            except OSError:
                pass
            self.fd = -1
        if self.temporary is not None:
            try:
                os.unlink(self.temporary)
            except OSError:
                pass
            self.temporary = None


def _write_all(fd, data):
    view = memoryview(data)
    while len(view):
        view = view[os.write(fd, view):]
