# SPDX-License-Identifier: MIT
"""Grows for two seconds and writes its own memory as psutil tells it: program.py FOLDER.

Each file is another way in which such loops write their lines.
"""
import csv
import datetime
import os
import subprocess
import sys
import time

import psutil

folder = sys.argv[1]
me = psutil.Process()
child = subprocess.Popen([sys.executable, "-c", "import time; x = bytearray(9 << 20); time.sleep(5)"])
kept = []
with open(os.path.join(folder, "psutil7.2-bytes.csv"), "w", encoding="utf-8") as plain, \
        open(os.path.join(folder, "psutil7.2-columns.csv"), "w", newline="", encoding="utf-8") as columns, \
        open(os.path.join(folder, "psutil7.2-iso.csv"), "w", encoding="utf-8") as iso, \
        open(os.path.join(folder, "psutil7.2-children.csv"), "w", newline="", encoding="utf-8") as children:
    wide, many = csv.writer(columns), csv.writer(children, delimiter=";")
    wide.writerow(["Timestamp (ms)", "RSS (MiB)", "VMS (MiB)", "uss_kb", "CPU %", "status"])
    iso.write("time,rss_bytes\n")
    many.writerow(["ts", "pid", "name", "rss_mb"])
    for step in range(20):
        kept.append(bytearray(b"x" * (300_000 + step)))
        now, memory = time.time(), me.memory_full_info()
        plain.write(f"{now},{memory.rss}\n")
        wide.writerow([int(now * 1000), f"{memory.rss / 2**20:.2f}", memory.vms / 2**20, memory.uss // 1024,
                       me.cpu_percent(), me.status()])
        zone = datetime.timezone(datetime.timedelta(hours=1))
        iso.write(f"{datetime.datetime.fromtimestamp(now, zone).isoformat()},{memory.rss}\n")
        for process in (me, psutil.Process(child.pid)):
            many.writerow([now, process.pid, process.name(), round(process.memory_info().rss / 2**20, 3)])
        time.sleep(0.1)
child.kill()
