# SPDX-License-Identifier: MIT
"""Writes the made-* samples of CSV: make_samples.py FOLDER."""
import os
import sys

SAMPLES = {
    "made-tabs.csv": "# written by a loop\nwhen\tmem_gb\n2026/11/20 10:00\t0.5\n2026/11/20 10:01:30,25\t0.75\n",
    "made-mixed.csv": "\ufeffepoch_ms,\"rss, KiB\",note\r\n1795186701712,51200,start\r\n1795186702712,,busy\r\n"
                      "oops,1,2\r\n1795186703712,60000,\"a, b\"\r\n",
    "made-numbers.csv": "0.0,1000,2000\n0.5,1500,2500\n1.0,2000.5,-3\n",
    "made-units.csv": "elapsed_ms,rss_b,pss_k,swap_m,heap_gb,threads\n10,1,1,1,1,1\n20,2,2.5,0.25,1e-3,4.5e+01\n30,-1,x,nan,1e999,\n",
    "made-names.csv": "process,RSS,date\nweb,100,2026-11-20T10:00:00Z\nweb,200,2026-11-20T10:00:00-08:00\n"
                      "web,300,2024-02-29T23:59:60.5 UTC\nweb,400,2026-13-01\n",
    "made-cut.csv": "time,rss\n1795186701.5,100\n1795186702.5,2",
    "made-damaged.csv": "time,rss\n1795186701.5,100\n\x00\x01\x02\nrss\n,,,,\n1795186702.5,\"200\n1795186703.5,300\n",
}

for name, text in SAMPLES.items():
    with open(os.path.join(sys.argv[1], name), "w", encoding="utf-8", newline="") as out:
        out.write(text)
