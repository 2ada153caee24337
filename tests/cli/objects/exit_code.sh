# SPDX-License-Identifier: MIT
# A finding is a type that gained bytes.
status=0
snapdiff testdata/v8/made-leak-1.heapsnapshot testdata/v8/made-leak-2.heapsnapshot --objects --type Session --exit-code ||
    status=$?
echo "status $status"
snapdiff testdata/v8/made-leak-1.heapsnapshot testdata/v8/made-leak-2.heapsnapshot --objects --type Session --exit-code \
    --min-growth 1K --csv
