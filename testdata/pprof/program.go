// SPDX-License-Identifier: MIT
// Allocates a few known blocks and writes the heap profile, gzip or raw; the samples of testdata/pprof.
package main

import (
	"compress/gzip"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
)

var kept [][]byte

func keep(size, count int) {
	for i := 0; i < count; i++ {
		kept = append(kept, make([]byte, size))
	}
}

func cache()    { keep(4096, 100) }
func sessions() { keep(65536, 8) }

func churn() {
	for i := 0; i < 200; i++ {
		dropped := make([]byte, 8192)
		dropped[0] = 1
		sink = dropped
	}
	sink = nil
}

var sink []byte

func main() {
	runtime.MemProfileRate = 1
	cache()
	sessions()
	churn()
	runtime.GC()
	packed, _ := os.Create(os.Args[1])
	pprof.Lookup("heap").WriteTo(packed, 0)
	packed.Close()
	packed, _ = os.Open(os.Args[1])
	reader, _ := gzip.NewReader(packed)
	raw, _ := os.Create(os.Args[2])
	io.Copy(raw, reader)
	raw.Close()
	if len(os.Args) > 3 {
		text, _ := os.Create(os.Args[3])
		pprof.Lookup("heap").WriteTo(text, 1)
		text.Close()
	}
}
