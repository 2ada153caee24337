# SPDX-License-Identifier: MIT
# Three files with their raw files in one list, and a closed socket that no root reaches.
cat >made.jsonl <<'END'
{"heapsnap":1,"runtime":"cpython","runtime_version":"3.11.7","pid":1,"captured_at_unix_ms":1794787200000,"label":"made"}
{"type":0,"name":"module","kind":"module"}
{"type":1,"name":"list","kind":"list"}
{"type":2,"name":"TextIOWrapper","module":"_io","kind":"file"}
{"type":3,"name":"FileIO","module":"_io","kind":"file"}
{"type":4,"name":"socket","module":"socket","kind":"socket"}
{"type":5,"name":"bool","kind":"bool"}
{"type":6,"name":"dict","kind":"dict"}
{"frame":0,"file":"/usr/lib/python3.11/tokenize.py","line":5,"function":"open"}
{"frame":1,"file":"/srv/shop/views.py","line":41,"function":"handle"}
{"stack":0,"frames":[0,1]}
{"string":0,"text":"logs"}
{"string":1,"text":"buffer"}
{"string":2,"text":"_closed"}
{"string":3,"text":"True"}
{"object":16,"type":0,"size":50,"attr":[0,32]}
{"object":32,"type":1,"size":64,"item":[48,64,80]}
{"object":48,"type":2,"size":100,"stack":0,"internal":[1,144]}
{"object":64,"type":2,"size":100,"internal":[1,160]}
{"object":80,"type":2,"size":100,"internal":[1,176]}
{"object":144,"type":3,"size":10}
{"object":160,"type":3,"size":10}
{"object":176,"type":3,"size":10}
{"object":192,"type":4,"size":90,"slot":[2,208]}
{"object":208,"type":5,"size":28}
{"object":224,"type":6,"size":64,"dict":[3,208,208]}
{"root":16,"kind":"module","name":"app"}
{"root":224,"kind":"interpreter","name":"builtins"}
{"end":1,"objects":11,"references":10,"types":7,"strings":4,"roots":2}
END
snaptop made.jsonl --resources
snaptop made.jsonl --resources --type 'socket.*' --csv
snaptop made.jsonl --resources -n 1 --json
