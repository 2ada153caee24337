# SPDX-License-Identifier: MIT
# Weak references hold nothing: what only they lead to is garbage, and is said to be so.
cat >dump.jsonl <<'END'
{"heapsnap":1,"runtime":"cpython","pid":1}
{"type":0,"name":"module","kind":"module"}
{"type":1,"name":"weakref","kind":"weakref"}
{"type":2,"name":"Node","module":"app"}
{"string":0,"text":"child"}
{"object":4096,"type":0,"size":72,"ref":[4160]}
{"object":4160,"type":1,"size":72,"weak":[4224]}
{"object":4224,"type":2,"size":48,"attr":[0,4288]}
{"object":4288,"type":2,"size":48}
{"root":4096,"kind":"module","name":"app"}
{"end":1,"objects":4,"references":3,"types":3,"strings":1,"roots":1}
END
retained dump.jsonl 4288
retained dump.jsonl 4160
