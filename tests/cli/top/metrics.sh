# SPDX-License-Identifier: MIT
# Metrics of a profile: by name, ranked by count, in their own unit, and refused with those there are.
P=testdata/pprof/go1.26-heap.pb H=testdata/heaptrack/heaptrack1.4-native.zst
snaptop $P --by function -n 2
snaptop $P --by function --metric alloc -n 2
snaptop $P --by function --metric alloc_count -n 2
snaptop $P --by module --metric alloc_bytes -n 2
snaptop $H --by lineno --metric peak -n 2
snaptop $H --by function --metric temporary --cumulative -n 2
snaptop testdata/pprof/made-cpu.pb
snaptop testdata/pprof/made-cpu.pb --bytes
snaptop testdata/pprof/made-cpu.pb --metric cpu_ns --json | sed 1,5d
snaptop $P --metric temporary || echo $?
snaptop data/monday.jsonl --by type --metric alloc || echo $?
