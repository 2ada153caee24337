# SPDX-License-Identifier: MIT
# The map is found by another way the second time: by id it gained four sessions, not eight.
snapdiff testdata/v8/made-leak-1.heapsnapshot testdata/v8/made-leak-2.heapsnapshot --why
snapgrow testdata/v8/made-leak-1.heapsnapshot testdata/v8/made-leak-2.heapsnapshot testdata/v8/made-leak-3.heapsnapshot \
    --why --json
for i in 1 2; do
    sed 's/"id", "self_size"/"number", "self_size"/' testdata/v8/made-leak-$i.heapsnapshot >without-$i.heapsnapshot
done
snapdiff without-1.heapsnapshot without-2.heapsnapshot --why
snapdiff testdata/v8/made-leak-1.heapsnapshot testdata/v8/made-service.heapsnapshot --why --json | grep -c '"pattern and type"'
