// SPDX-License-Identifier: MIT
// Keeps more the second time: writes a heap profile, keeps and drops some, writes another.
package main

import (
	"os"
	"runtime"
	"runtime/pprof"
)

var kept [][]byte
var sessions [][]byte

func keep(size, count int) {
	for i := 0; i < count; i++ {
		kept = append(kept, make([]byte, size))
	}
}

func open(count int) {
	for i := 0; i < count; i++ {
		sessions = append(sessions, make([]byte, 65536))
	}
}

func cache() { keep(4096, 100) }
func leak()  { keep(10000, 70) }

func write(path string) {
	runtime.GC()
	out, err := os.Create(path)
	if err != nil {
		panic(err)
	}
	if err := pprof.Lookup("heap").WriteTo(out, 0); err != nil {
		panic(err)
	}
	out.Close()
}

func main() {
	runtime.MemProfileRate = 1
	cache()
	open(8)
	write(os.Args[1])
	sessions = nil
	open(3)
	cache()
	leak()
	write(os.Args[2])
}
