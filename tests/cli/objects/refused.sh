# SPDX-License-Identifier: MIT
# Ids mean nothing between processes, and addresses are no ids.
try() {
    snapdiff "$@" && echo "accepted"
    true
}
try testdata/v8/made-leak-1.heapsnapshot testdata/v8/made-service.heapsnapshot --objects
try data/monday.jsonl data/tuesday.jsonl --objects
try testdata/v8/made-leak-1.heapsnapshot testdata/v8/made-leak-2.heapsnapshot testdata/v8/made-leak-3.heapsnapshot
try testdata/v8/made-leak-1.heapsnapshot testdata/v8/made-leak-2.heapsnapshot --objects --why
