# SPDX-License-Identifier: MIT
# What came with the second and stays: sessions do, requests do not.
snapdiff testdata/v8/made-leak-1.heapsnapshot testdata/v8/made-leak-2.heapsnapshot \
    testdata/v8/made-leak-3.heapsnapshot --objects --type '[A-Z]*'
snapdiff testdata/v8/made-leak-1.heapsnapshot testdata/v8/made-leak-2.heapsnapshot \
    testdata/v8/made-leak-3.heapsnapshot --objects --json
