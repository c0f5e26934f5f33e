// SPDX-License-Identifier: Apache-2.0 OR MIT

// Component: functions over numbers; what is flat needs no bindings.
package main

import (
	"math"
	"math/big"
	"time"
)

//go:wasmexport gcd
func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

//go:wasmexport is-prime
func isPrime(n uint64) bool {
	return new(big.Int).SetUint64(n).ProbablyPrime(0)
}

//go:wasmexport hypotenuse
func hypotenuse(a, b float64) float64 {
	return math.Hypot(a, b)
}

//go:wasmexport day-number
func dayNumber(year int32, month, day uint32) int64 {
	return time.Date(int(year), time.Month(month), int(day), 0, 0, 0, 0, time.UTC).Unix() / 86400
}

func main() {}
