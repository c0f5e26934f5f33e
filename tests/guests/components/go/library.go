// SPDX-License-Identifier: Apache-2.0 OR MIT

// Component: what Go's standard library can do with texts, behind bindings written by hand: the canonical ABI's flat
// arguments come in, a pointer to the result goes out, and cabi_post_… lets go of what the result pointed to.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"regexp"
	"time"
	"unsafe"
)

// What the caller holds addresses of; the collector must not take it.
var held = map[unsafe.Pointer][]uint64{}

func hold(size uint32) unsafe.Pointer {
	words := make([]uint64, size/8+1)
	at := unsafe.Pointer(&words[0])
	held[at] = words
	return at
}

//go:wasmexport cabi_realloc
func cabiRealloc(old unsafe.Pointer, oldSize, align, size uint32) unsafe.Pointer {
	made := hold(size)
	copy(unsafe.Slice((*byte)(made), size), unsafe.Slice((*byte)(old), oldSize))
	delete(held, old)
	return made
}

// The arguments' bytes were made by cabi_realloc and are ours now.
func taken(at unsafe.Pointer, size uint32) string {
	text := string(unsafe.Slice((*byte)(at), size))
	delete(held, at)
	return text
}

func address(at unsafe.Pointer) uint32 {
	return uint32(uintptr(at))
}

func words(values ...uint32) unsafe.Pointer {
	made := hold(uint32(len(values)) * 4)
	copy(unsafe.Slice((*uint32)(made), len(values)), values)
	return made
}

// given makes the two words of a string in memory of the result.
func given(text string) (uint32, uint32) {
	made := hold(uint32(len(text)))
	copy(unsafe.Slice((*byte)(made), len(text)), text)
	return address(made), uint32(len(text))
}

func givenText(text string) unsafe.Pointer {
	at, size := given(text)
	return words(at, size)
}

func givenResult(failed uint32, at, size uint32) unsafe.Pointer {
	return words(failed, at, size)
}

func givenError(err error) unsafe.Pointer {
	at, size := given(err.Error())
	return givenResult(1, at, size)
}

//go:wasmexport cabi_post_pretty-json
func postPrettyJSON(unsafe.Pointer) { clear(held) }

//go:wasmexport cabi_post_matches
func postMatches(unsafe.Pointer) { clear(held) }

//go:wasmexport cabi_post_timestamp
func postTimestamp(unsafe.Pointer) { clear(held) }

//go:wasmexport cabi_post_sha256
func postSha256(unsafe.Pointer) { clear(held) }

//go:wasmexport cabi_post_power
func postPower(unsafe.Pointer) { clear(held) }

//go:wasmexport pretty-json
func prettyJSON(at unsafe.Pointer, size uint32) unsafe.Pointer {
	var value any
	reader := json.NewDecoder(bytes.NewReader([]byte(taken(at, size))))
	reader.UseNumber()
	if err := reader.Decode(&value); err != nil {
		return givenError(err)
	}
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return givenError(err)
	}
	where, length := given(string(text))
	return givenResult(0, where, length)
}

//go:wasmexport matches
func matches(patternAt unsafe.Pointer, patternSize uint32, textAt unsafe.Pointer, textSize uint32) unsafe.Pointer {
	pattern, err := regexp.Compile(taken(patternAt, patternSize))
	text := taken(textAt, textSize)
	if err != nil {
		return givenError(err)
	}
	found := pattern.FindAllString(text, -1)
	list := make([]uint32, 0, 2*len(found))
	for _, one := range found {
		where, length := given(one)
		list = append(list, where, length)
	}
	return givenResult(0, address(words(list...)), uint32(len(found)))
}

//go:wasmexport timestamp
func timestamp(seconds int64) unsafe.Pointer {
	return givenText(time.Unix(seconds, 0).UTC().Format(time.RFC3339))
}

//go:wasmexport sha256
func sha256Hex(at unsafe.Pointer, size uint32) unsafe.Pointer {
	sum := sha256.Sum256([]byte(taken(at, size)))
	return givenText(hex.EncodeToString(sum[:]))
}

//go:wasmexport power
func power(base, exponent uint32) unsafe.Pointer {
	result := new(big.Int).Exp(big.NewInt(int64(base)), big.NewInt(int64(exponent)), nil)
	return givenText(result.String())
}

func main() {}
