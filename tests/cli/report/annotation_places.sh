# SPDX-License-Identifier: MIT
# A file below the folder that the job runs in is told from there, as in the checkout; another one as it is.
dump() {
    cat <<END
{"heapsnap":1,"runtime":"cpython","runtime_version":"3.11.7","pid":1,"captured_at_unix_ms":$1}
{"type":0,"name":"module","kind":"module"}
{"type":1,"name":"list","kind":"list"}
{"type":2,"name":"Request","module":"app"}
{"frame":0,"file":"$3/app/views.py","line":41,"function":"handle"}
{"stack":0,"frames":[0]}
{"string":0,"text":"pending"}
{"object":16,"type":0,"size":50,"attr":[0,32]}
{"object":32,"type":1,"size":64,"item":[48,64]}
{"object":48,"type":2,"size":$2,"stack":0}
{"object":64,"type":2,"size":$2,"stack":0}
{"root":16,"kind":"module","name":"app"}
{"end":1,"objects":4,"references":3,"types":3,"strings":1,"roots":1}
END
}
: >policy.yaml
for folder in "$PWD" /srv; do
    dump 1794787200000 100000 "$folder" >monday.jsonl
    sed 's/"item":\[48,64\]/"item":[48,64,80]/; s/^{"root"/{"object":80,"type":2,"size":500000,"stack":0}\n&/
         s/"objects":4,"references":3/"objects":5,"references":4/; s/1794787200000/1794873600000/' monday.jsonl >tuesday.jsonl
    snapreport policy.yaml monday.jsonl tuesday.jsonl --fail-on=never --format=github | grep -o '::error file=[^,]*,line=[0-9]*'
done
