# SPDX-License-Identifier: MIT
# Growth of another metric, in its own unit.
G=testdata/heaptrack/made-format1.txt H=testdata/heaptrack/heaptrack1.4-native.zst
snapgrow $G $H $H --by function --metric alloc --all -n 2
snapgrow testdata/pprof/made-cpu.pb testdata/pprof/made-cpu.pb --all
snapgrow testdata/pprof/made-cpu.pb testdata/pprof/made-cpu.pb --all --json | grep -o '"slope_value[^,]*\|"metric.*}'
