# SPDX-License-Identifier: MIT
# A dump that holds several snapshots becomes as many; by itself it is the last one, dump#2 the second.
snapload -q testdata/guppy/guppy3.1-steps.hpy -o a.db --label night
snapinfo a.db --csv | cut -d, -f2-3
snapinfo --verify a.db
snaptop a.db#night-2 --type '__main__.*'
snapdiff testdata/guppy/guppy3.1-steps.hpy#1 testdata/guppy/guppy3.1-steps.hpy --type '__main__.*'
snapload testdata/guppy/guppy3.1-steps.hpy testdata/mprof/made-children.dat -o b.db || echo $?
snaptop testdata/guppy/guppy3.1-steps.hpy#4 || echo $?
cyclefind a.db || echo $?
ls
