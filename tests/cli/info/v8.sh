# SPDX-License-Identifier: MIT
# Ids of V8 are stable; those of CPython are addresses.
snapinfo testdata/v8/node20-service.heapsnapshot
snapinfo testdata/v8/made-2013.heapsnapshot --csv | cut -d, -f 2-7,11,14,16-19,27-
