# SPDX-License-Identifier: MIT
# A leak, one that slows down, a cache that fills, a week's wave, a spike, and what stays.
i=0
files=
while [ $i -lt 21 ]; do
    cache=$((i < 8 ? i * 100000 : 800000))
    spike=$((i == 12 ? 9000000 : 500000))
    wave=$((400000 + (i % 7 < 5) * 200000))
    name=$(printf 'n%02d.folded' $i)
    {
        echo "main;leak $((1000000 + i * 50000 + i * i % 5 * 1000))"
        echo "main;slowing $((900000 * i / (i + 8)))"
        echo "main;cache $((100000 + cache))"
        echo "main;wave $wave"
        echo "main;spike $spike"
        echo "main;flat 300000"
    } >"$name"
    files="$files $name"
    i=$((i + 1))
done
snapgrow $files --by function --all
