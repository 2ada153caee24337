# SPDX-License-Identifier: MIT
"""Builds the package; the accelerator is optional: without a compiler the pure walk is used."""
import os
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

SOURCES = ['module.c', 'walk.c', 'references.c', 'rows.c', 'table.c', 'text.c']


class OptionalExtension(build_ext):
    """Tries with zlib, then without, then not at all."""

    def build_extension(self, ext):
        try:
            build_ext.build_extension(self, ext)
            return
        except Exception as error:
            print('heapsnap: no zlib for the accelerator: %s' % error, file=sys.stderr)
        ext.define_macros, ext.libraries = [], []
        try:
            build_ext.build_extension(self, ext)
        except Exception as error:
            print('heapsnap: installed without the accelerator: %s' % error, file=sys.stderr)


accelerator = Extension(
    'heapsnap._heapsnap', [os.path.join('src', name) for name in SOURCES],
    depends=[os.path.join('src', name) for name in ('capture.h', 'walk.h')],
    include_dirs=['src'], define_macros=[('HAVE_ZLIB', '1')], libraries=['z'],
    extra_compile_args=['-std=c11', '-O2', '-fvisibility=hidden'], optional=True)

setup(
    name='heapsnap',
    version='0.1.0',
    description='Snapshots of the Python heap for offline analysis',
    license='MIT',
    python_requires='>=3.6',
    packages=['heapsnap', 'heapsnap.service'],
    entry_points={'pytest11': ['heapsnap = heapsnap.pytest_plugin']},
    ext_modules=[accelerator] if sys.version_info >= (3, 8) else [],
    cmdclass={'build_ext': OptionalExtension},
)
