# SPDX-License-Identifier: MIT
# Two recordings by another metric, by domain, by module; metrics that do not agree are refused.
G=testdata/heaptrack/made-format1.txt H=testdata/heaptrack/heaptrack1.4-native.zst
T=testdata/tracemalloc
snapdiff $G $H --by function --metric alloc -n 2
snapdiff $G $H --by lineno --metric alloc_count -n 2
snapdiff $T/python3.10.pickle $T/python3.13-deep.pickle --by domain
snapdiff $T/python3.10.pickle $T/python3.13-deep.pickle --by module -n 3
snapdiff $T/python3.10.pickle $T/python3.13-deep.pickle --by module --include '*/app/*' -n 3
snapdiff testdata/pprof/made-cpu.pb testdata/pprof/made-cpu.pb --json | sed 1,6d
snapdiff testdata/pprof/made-cpu.pb $H || echo $?
