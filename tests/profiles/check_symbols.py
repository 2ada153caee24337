# SPDX-License-Identifier: MIT
"""Names of native code against `nm` and `addr2line`, and heap profiles of a real allocator.

    check_symbols.py SNAPLOAD TESTDATA

Programs of several layouts are built here. A profile is written that has every fourth byte of their code as an address; each
must get the name that `nm -S` has for it, or none where no function is.
"""
import bisect
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

import profilelib

LAYOUTS = {
    "pie": ["-pie", "-fPIE"],
    "fixed": ["-no-pie", "-fno-pie"],
    "shared": ["-shared", "-fPIC"],
    "packed": ["-pie", "-fPIE", "-Wl,-z,noseparate-code"],
    "stripped": ["-shared", "-fPIC", "-s"],
}
BASE = 0x7F0000000000


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, **options).stdout.decode()


def segments(path):
    """Executable ones: (offset, size, address)."""
    rows = re.findall(r"LOAD +0x(\w+) 0x(\w+) 0x\w+ 0x(\w+) 0x\w+ (...)", run("readelf", "-lW", path))
    return [(int(offset, 16), int(size, 16), int(address, 16)) for offset, address, size, flags in rows if "E" in flags]


def functions(path, stripped):
    """By address: end and names."""
    found = {}
    text = run("nm", "-S", *(["-D"] if stripped else []), path)
    for start, size, kind, name in re.findall(r"^(\w+) (\w+) ([TtWwVvi]) (\S+)$", text, re.M):
        end, names = found.setdefault(int(start, 16), (int(start, 16) + int(size, 16), set()))
        names.add(name.split("@")[0])
        found[int(start, 16)] = max(end, int(start, 16) + int(size, 16)), names
    return found


def query(store, statement):
    connection = sqlite3.connect(store)
    rows = connection.execute(statement).fetchall()
    connection.close()
    return rows


def load(snapload, profile, store, *options):
    subprocess.run([snapload, "--force", "--quiet", profile, "-o", store, *options], check=True)
    return query(store, "SELECT file, function, line FROM frame")


def check_layout(snapload, folder, path, stripped):
    offset, size, address = segments(path)[0]
    places = list(range(offset, offset + size, 4))
    profile = os.path.join(folder, "made.heap")
    with open(profile, "w", encoding="utf-8") as file:
        total = len(places)
        file.write(f"heap profile: {total}: {total} [{total}: {total}] @ heapprofile\n")
        for place in places:
            file.write(f"1: 1 [1: 1] @ {BASE + place - offset + 1:#x}\n")
        file.write(f"MAPPED_LIBRARIES:\n{BASE:x}-{BASE + size:x} r-xp {offset:08x} fe:00 12 {path}\n")
    known = functions(path, stripped)
    starts = sorted(known)
    expected = {}
    for place in places:
        at = place - offset + address
        index = bisect.bisect_right(starts, at) - 1
        names = known[starts[index]][1] if index >= 0 and at < known[starts[index]][0] else {hex(place)}
        expected[min(names, key=len) if len(names) == 1 else frozenset(names)] = names
    got = {row[1] for row in load(snapload, profile, os.path.join(folder, "made.db"))}
    for name in got:
        if not any(name in names for names in expected.values()):
            raise SystemExit(f"{path}: {name} is no name of nm's")
    missing = [names for names in expected.values() if not names & got]
    if missing:
        raise SystemExit(f"{path}: not named: {missing[:5]}")
    plain = {row[1] for row in load(snapload, profile, os.path.join(folder, "plain.db"), "--no-symbols")}
    profilelib.equal(f"{path}: --no-symbols", sorted(plain), sorted(hex(place) for place in places))
    return len(places)


def check_newer(snapload, folder, path):
    """A program that was built after the profile is not used."""
    profile = os.path.join(folder, "made.heap")
    os.utime(profile, (1, 1))
    store = os.path.join(folder, "made.db")
    names = {row[1] for row in load(snapload, profile, store)}
    warnings = query(store, "SELECT message FROM warning")
    if "main" in names or not any("changed after" in row[0] for row in warnings):
        raise SystemExit(f"{path}: was used although newer: {warnings}")


def check_allocator(snapload, folder, program, library, environment, pattern):
    """A real profile: the functions that allocate, by the names of the source."""
    for name in os.listdir(folder):
        if name.endswith(".heap"):
            os.remove(os.path.join(folder, name))
    subprocess.run([program], env={"LD_PRELOAD": library, **environment}, stderr=subprocess.DEVNULL, check=False)
    profiles = [name for name in sorted(os.listdir(folder)) if re.fullmatch(pattern, name)]
    store = os.path.join(folder, "real.db")
    load(snapload, os.path.join(folder, profiles[-1]), store)
    rows = query(store, "SELECT function, sum(size_bytes) FROM site WHERE metric = 'inuse' GROUP BY 1 ORDER BY 2 DESC")
    if [row[0] for row in rows[:2]] != ["sessions", "cache"]:
        raise SystemExit(f"{library}: {rows}")
    return rows


def main():
    snapload, testdata = sys.argv[1:]
    for word in ("gcc", "nm", "readelf"):
        profilelib.need(word)
    source = os.path.join(testdata, "native", "program.c")
    checked = 0
    with tempfile.TemporaryDirectory() as folder:
        for layout, flags in LAYOUTS.items():
            path = os.path.join(folder, layout)
            subprocess.run(["gcc", "-g", "-O1", "-w", *flags, source, "-o", path], check=True)
            checked += check_layout(snapload, folder, path, layout == "stripped")
            if layout == "pie":
                check_newer(snapload, folder, path)
        libraries = "/usr/lib/x86_64-linux-gnu"
        for library, environment, pattern in (
                ("libtcmalloc.so.4", {"HEAPPROFILE": os.path.join(folder, "t")}, r"t\.\d+\.heap"),
                ("libjemalloc.so.2", {"MALLOC_CONF": "prof:true,prof_final:true,lg_prof_sample:0,prof_prefix:"
                                                     + os.path.join(folder, "j")}, r"j\..*\.f\.heap")):
            library = os.path.join(libraries, library)
            if os.path.exists(library):
                check_allocator(snapload, folder, os.path.join(folder, "pie"), library, environment, pattern)
            else:
                print(f"skipped: {library} is not installed")
    print(f"{checked} cases, 0 failed")
    return 0 if checked else 1


sys.exit(main())
