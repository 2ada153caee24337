# SPDX-License-Identifier: MIT
"""Writes the samples of the toolkit's own format: python3 make_samples.py FOLDER."""
import gzip
import os
import sys

HEADER = ('{"heapsnap":1,"runtime":"cpython","runtime_version":"3.11.7","program":"app.py","pid":42,'
          '"host":"web1","captured_at_unix_ms":1795186701712,"rss_bytes":21712896,"label":"before",'
          '"tags":{"service":"payment"},"values":false,"facts":{"gc.enabled":true,"gc.count.0":12}}')

# Everything the format has, with a cycle (32, 48), references forward, dangling (999) and weak.
HEAP = [
    '{"type":0,"name":"module","kind":"module"}',
    '{"type":1,"name":"Request","module":"app.cache","object":96,"finalizer":true}',
    '{"type":2,"name":"dict","kind":"dict"}',
    '{"type":3,"name":"list","kind":"list"}',
    '{"type":4,"name":"function","kind":"function"}',
    '{"type":5,"name":"type","kind":"type"}',
    '{"string":0,"text":"__dict__"}',
    '{"string":1,"text":"_pending"}',
    '{"string":2,"text":"owner"}',
    '{"frame":0,"file":"/app/views.py","line":41,"function":"handle"}',
    '{"frame":1,"file":"/app/main.py","line":7}',
    '{"stack":0,"frames":[0,1]}',
    '{"object":16,"type":0,"size":72,"rc":2,"flags":1,"gen":2,"text":"app.cache","internal":[0,32]}',
    '{"object":32,"type":2,"size":232,"rc":1,"len":3,"flags":1,"gen":2,'
    '"dict":[1,64,48,-1,80,999,2,64,16]}',
    '{"object":48,"type":3,"size":88,"rc":2,"len":3,"flags":1,"gen":0,"stack":0,"item":[112,0,32]}',
    '{"object":112,"type":1,"size":64,"rc":1,"flags":5,"gen":1,"stack":0,"attr":[2,48],'
    '"slot":[1,128],"class":96,"weak":[32]}',
    '{"object":96,"type":5,"size":1064,"flags":2,"text":"Request","ref":[128,128]}',
    '{"object":128,"type":4,"size":160,"rc":3,"text":"handle","cell":[2,112],"default":[1,64],'
    '"local":[1,48],"elem":[16]}',
    '{"root":16,"kind":"module","name":"app.cache"}',
    '{"root":128,"kind":"frame","name":"handle app.py:31","thread":"MainThread"}',
    '{"root":32,"kind":"interpreter","name":"sys.modules"}',
    '{"root":96,"kind":"static"}',
    '{"warning":"one object changed while it was read"}',
]
END = '{"end":1,"objects":6,"references":19,"types":6,"strings":3,"roots":4}'


def dump(*lines):
    return "".join(line + "\n" for line in lines)


def end(objects, references=0, types=0, strings=0, roots=0):
    return ('{"end":1,"objects":%d,"references":%d,"types":%d,"strings":%d,"roots":%d}'
            % (objects, references, types, strings, roots))


TYPE = '{"type":0,"name":"T"}'
TEXT = '{"string":0,"text":"x"}'

SAMPLES = {
    "heap": dump(HEADER, *HEAP, END),
    "key-order": dump(
        HEADER, '{"type":0,"kind":"list","module":"m","name":"T"}', '{"string":0,"text":"x"}',
        '{"object":16,"item":[32,48],"attr":[0,64],"len":2,"size":72,"rc":1,"type":0}',
        '{"root":16,"name":"m","kind":"module"}', end(1, 3, 1, 1, 1)),
    "blanks": dump(
        HEADER, '{ "type" : 0 , "name" : "T" }', '{"string": 0, "text": "x"}\r',
        '{ "object": 16, "type": 0, "size": 72, "attr": [ 0 , 64 ], "item" :[1, 2 ,3] } ', "",
        end(1, 4, 1, 1)),
    "escapes": dump(
        HEADER, '{"type":0,"name":"\\u0054\\"\\\\\\/\\b\\f\\n\\r\\t","module":"caf\u00e9"}',
        '{"string":0,"text":"\\ud83d\\ude00 \U0001F600 \\u20ac"}',
        '{"\\u006fbject":16,"type":0,"size":1,"t\\u0065xt":"lone \\udc80 \\ud800x"}',
        end(1, 0, 1, 1)),
    "unknown-keys": dump(
        HEADER[:-1] + ',"future":{"a":[1,{"b":null}],"c":-1.5e3}}',
        '{"type":0,"name":"T","layout":[[],{}]}',
        '{"object":16,"colour":"red","type":0,"size":1,"types":[1,2],"item":[32],"x":true}',
        end(1, 1, 1)[:-1] + ',"checksum":"abc"}'),
    "undefined-ids": dump(
        HEADER, TYPE, TEXT, '{"stack":0,"frames":[3]}',
        '{"object":16,"type":7,"size":1,"stack":9,"attr":[5,32]}', '{"object":32,"size":1}',
        '{"type":0,"name":"again"}', '{"type":4,"name":"gap"}', '{"object":48,"type":4,"size":1}',
        end(3, 1, 3, 1)),
    "duplicate": dump(HEADER, TYPE, '{"object":16,"type":0,"size":1,"item":[16]}',
                      '{"object":16,"type":0,"size":2}', end(2, 1, 1)),
    "huge-numbers": dump(
        HEADER, TYPE, '{"object":18446744073709551615,"type":0,"size":18446744073709551615,'
        '"rc":18446744073709551614,"len":4294967296,"item":[18446744073709551615,1]}',
        '{"object":18446744073709551616,"type":0,"size":1}', end(1, 2, 1)),
    "damaged": dump(
        HEADER, TYPE, TEXT, '{"object":16,"type":0,"size":1,"item":[1,x]}',
        '{"object":32,"type":0,"size":1,"item":[1,2]', '{"object":48,"type":0,"size":1}garbage',
        '{"root":0,"kind":"module"}', '{"object":64,"type":0,"size":1,"item":[1]}', end(1, 1, 1, 1)),
    "truncated": dump(HEADER, *HEAP),
    "truncated-line": dump(HEADER, *HEAP)[:-420],
    "counts-differ": dump(HEADER, TYPE, '{"object":16,"type":0,"size":1}', end(3, 0, 1)),
    "behind-end": dump(HEADER, TYPE, end(0, 0, 1), HEADER, TYPE),
    "no-header": '{"heapsnap":1,"x":}\n' + dump(TYPE, '{"object":16,"type":0,"size":1}', end(1, 0, 1)),
}

for name, text in SAMPLES.items():
    with open(os.path.join(sys.argv[1], "made-" + name + ".jsonl"), "w", newline="",
              encoding="utf-8") as out:
        out.write(text)
with open(os.path.join(sys.argv[1], "made-invalid-utf8.jsonl"), "wb") as out:
    out.write(dump(HEADER, TYPE, '{"string":0,"text":"@"}', end(0, 0, 1, 1)).encode()
              .replace(b"@", b"a\xff\xc0\x80\xed\xa0\x80z"))
with open(os.path.join(sys.argv[1], "made-heap-gz.jsonl.gz"), "wb") as out:
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as packed:
        packed.write(SAMPLES["heap"].encode())
