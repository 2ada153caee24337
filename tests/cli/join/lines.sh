# SPDX-License-Identifier: MIT
# Two lines: one made the requests that a list keeps, one what hangs below them and a lost one.
cat >made.jsonl <<'END'
{"heapsnap":1,"runtime":"cpython","runtime_version":"3.11.7","pid":1,"captured_at_unix_ms":1794787200000,"label":"made"}
{"type":0,"name":"module","kind":"module"}
{"type":1,"name":"list","kind":"list"}
{"type":2,"name":"Request","module":"app"}
{"type":3,"name":"bytes","kind":"bytes"}
{"frame":0,"file":"/srv/shop/views.py","line":41,"function":"handle"}
{"frame":1,"file":"/srv/shop/models.py","line":7,"function":"load"}
{"stack":0,"frames":[0]}
{"stack":1,"frames":[1,0]}
{"string":0,"text":"pending"}
{"string":1,"text":"body"}
{"object":16,"type":0,"size":50,"attr":[0,32]}
{"object":32,"type":1,"size":64,"item":[48,64]}
{"object":48,"type":2,"size":100,"stack":0,"attr":[1,80]}
{"object":64,"type":2,"size":100,"stack":0,"attr":[1,96]}
{"object":80,"type":3,"size":1000,"stack":1}
{"object":96,"type":3,"size":2000,"stack":1}
{"object":112,"type":3,"size":500,"stack":1}
{"root":16,"kind":"module","name":"app"}
{"end":1,"objects":7,"references":5,"types":4,"strings":2,"roots":1}
END
snapjoin made.jsonl
snapjoin made.jsonl --limit 1 --types 1 --holders 0
snapjoin made.jsonl --json
snapjoin made.jsonl --csv
