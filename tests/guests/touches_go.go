// SPDX-License-Identifier: Apache-2.0 OR MIT

// Touches what a program has of its surroundings and says what it found: touches.c in Go.
package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sort"
	"strings"
	"time"
)

func outcome(err error) string {
	if err != nil {
		return err.Error()
	}
	return "done"
}

func clocks() {
	before := time.Now()
	time.Sleep(20 * time.Millisecond)
	slept := time.Since(before)
	year, sleep := "long ago", "did not sleep"
	if before.Unix() > 1_700_000_000 {
		year = "after 2023"
	}
	if slept >= 20*time.Millisecond && slept < 20*time.Second {
		sleep = "slept"
	}
	fmt.Println("clocks:", year, sleep)
}

func random() {
	a, b := make([]byte, 16), make([]byte, 16)
	rand.Read(a)
	rand.Read(b)
	if bytes.Equal(a, b) {
		fmt.Println("random: none")
	} else {
		fmt.Println("random: two that differ")
	}
}

func files() {
	text, err := os.ReadFile("/data/in.txt")
	if err != nil {
		text = []byte(err.Error())
	}
	fmt.Printf("file: %s\n", text)
	os.WriteFile("/data/out.txt", []byte("from the guest\n"), 0o666)
	fmt.Println("mkdir:", outcome(os.Mkdir("/data/made", 0o777)))
	fmt.Println("rename:", outcome(os.Rename("/data/out.txt", "/data/made/out.txt")))
	names := []string{}
	entries, _ := os.ReadDir("/data")
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	fmt.Println("dir:", strings.Join(names, " "))
	size := int64(-1)
	if told, err := os.Stat("/data/made/out.txt"); err == nil {
		size = told.Size()
	}
	fmt.Println("size:", size)
	if _, err = os.Open("/data/none"); errors.Is(err, fs.ErrNotExist) {
		fmt.Println("none: missing")
	} else {
		fmt.Println("none:", outcome(err))
	}
	if _, err = os.Open("/data/../secret"); err != nil {
		fmt.Println("outside: refused")
	} else {
		fmt.Println("outside: there")
	}
}

func main() {
	fmt.Print("args:")
	for _, argument := range os.Args[1:] {
		fmt.Printf(" [%s]", argument)
	}
	environment := os.Environ()
	sort.Strings(environment)
	fmt.Println("\nenv:", strings.Join(environment, " "))
	input, _ := io.ReadAll(os.Stdin)
	fmt.Println("stdin:", len(input), "bytes")
	clocks()
	random()
	files()
	fmt.Fprintln(os.Stderr, "to the other stream")
	if os.Args[len(os.Args)-1] == "fail" {
		os.Exit(1)
	}
}
