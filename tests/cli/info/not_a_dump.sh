# SPDX-License-Identifier: MIT
# What is no dump is told with its place.
echo hello >hello.txt
snapinfo hello.txt || echo status $?
: >empty.txt
snapinfo empty.txt || echo status $?
snapinfo none.db || echo status $?
snapinfo . || echo status $?
