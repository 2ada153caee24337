# SPDX-License-Identifier: MIT
# What is new, gone and still there, by id.
snapdiff testdata/v8/made-leak-1.heapsnapshot testdata/v8/made-leak-2.heapsnapshot --objects
