# SPDX-License-Identifier: MIT
# Memory over time: peak and slope are mprof's; children, calls, several processes, the same bytes twice.
snapplot testdata/mprof/memory_profiler-functions.dat
grep -E 'heading|class="faint"|</title><path' memory_profiler-functions-plot.svg | sed 's/ d=".*//; s/ x=".*">/>/'
snapplot -q testdata/mprof/memory_profiler-functions.dat -o again.svg
cmp memory_profiler-functions-plot.svg again.svg && echo same
snapplot testdata/mprof/memory_profiler-children.dat testdata/mprof/memory_profiler-functions.dat --title 'a & b' --no-slope -o - | grep -oE 'heading.*|>[^<]*: (rss|child [0-9]+)<'
snapplot testdata/mprof/memory_profiler-functions.dat --json | sed -E 's/([0-9]+\.[0-9]{1,3})[0-9]+/\1/g'
snapplot testdata/csv/psutil7.2-children.csv --json | grep -c '"kind": "curve"'
