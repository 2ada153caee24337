# SPDX-License-Identifier: MIT
"""Lets program.c grow and keeps how Linux and pmap show its mappings: capture.py FOLDER.

Between the captures of a log stand dates, as shell loops write them.
"""
import datetime
import os
import subprocess
import sys
import tempfile
import time

folder = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))
work = tempfile.mkdtemp()
subprocess.run(["gcc", "-O0", "-o", os.path.join(work, "program"), os.path.join(here, "program.c")], check=True)
grower = subprocess.Popen(["./program"], cwd=work, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
pid = str(grower.pid)


def proc(name):
    with open(f"/proc/{pid}/{name}", encoding="utf-8") as source:
        return source.read().replace(work, "/srv")


def pmap(option):
    return subprocess.run(["pmap", option, pid], stdout=subprocess.PIPE, check=True, encoding="utf-8",
                          env=dict(os.environ, LC_ALL="C")).stdout.replace(work, "/srv")


def write(name, text):
    with open(os.path.join(folder, name), "a", encoding="utf-8") as target:
        target.write(text)


for step in range(3):
    grower.stdin.write(b"\n")
    grower.stdout.read(1)
    now = datetime.datetime.now(datetime.timezone.utc)
    if step != 1:
        write("linux6-log.smaps", f"=== {now.isoformat()} ===\n{proc('smaps')}")
    write("procps4.0-log.pmap", now.strftime("%a %b %e %H:%M:%S UTC %Y\n") + pmap("-x"))
    write("linux6-rollup.smaps", f"{now.timestamp():.3f}\n{proc('smaps_rollup')}")
    time.sleep(1.1)
write("linux6.smaps", proc("smaps"))
write("procps4.0-extended.pmap", pmap("-X"))
write("procps4.0-all.pmap", pmap("-XX"))
grower.kill()
