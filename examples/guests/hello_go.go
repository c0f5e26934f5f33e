// SPDX-License-Identifier: Apache-2.0 OR MIT

// Example guest in Go: hello_go [FILE]
//
// Starts a few goroutines that sleep and add up, prints their sum and how long it took, and, if a file is
// given, its number of lines and bytes.
package main

import (
	"bytes"
	"fmt"
	"os"
	"sync"
	"time"
)

func main() {
	start := time.Now()
	sums := make(chan int)
	var group sync.WaitGroup
	for i := 1; i <= 4; i++ {
		group.Add(1)
		go func(n int) {
			defer group.Done()
			time.Sleep(time.Duration(n) * 5 * time.Millisecond)
			sums <- n * n
		}(i)
	}
	go func() { group.Wait(); close(sums) }()
	total := 0
	for n := range sums {
		total += n
	}
	fmt.Printf("hello from Go: 4 goroutines, sum %d, slept at least 20 ms: %v\n", total,
		time.Since(start) >= 20*time.Millisecond)

	if len(os.Args) > 1 {
		text, err := os.ReadFile(os.Args[1])
		if err != nil {
			fmt.Fprintln(os.Stderr, "hello_go:", err)
			os.Exit(1)
		}
		fmt.Printf("%s: %d lines, %d bytes\n", os.Args[1], bytes.Count(text, []byte("\n")), len(text))
	}
}
