# SPDX-License-Identifier: MIT
# What a profile counts.
snapinfo testdata/heaptrack/made-format1.txt testdata/pprof/made-cpu.pb
snapinfo testdata/heaptrack/made-format1.txt testdata/pprof/made-cpu.pb --json | grep -o '"metrics": [^]]*]'
