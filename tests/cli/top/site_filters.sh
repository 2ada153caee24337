# SPDX-License-Identifier: MIT
# Files in and out; what was chosen has its own line.
T=testdata/tracemalloc/python3.13.pickle
snaptop $T --include '/app/*' -n 3
snaptop $T --exclude '/app/*:22' -n 3
snaptop $T --by lineno --domain 7
