//go:build linux || darwin

package main

import "testing"

func TestMegabytes(t *testing.T) {
	for goos, want := range map[string]float64{"linux": 102.4, "darwin": 0.1} {
		if got := megabytes(100_000, goos); got != want {
			t.Errorf("%s: %g MB, want %g", goos, got, want)
		}
	}
}
