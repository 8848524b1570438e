//go:build linux || darwin

package main

import (
	goruntime "runtime"
	"syscall"
)

// peakRSS is the most memory that this process had resident, in MB.
func peakRSS() *float64 {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return nil
	}
	mb := megabytes(int64(usage.Maxrss), goruntime.GOOS)
	return &mb
}

// megabytes is a ru_maxrss in MB: bytes on darwin, kibibytes elsewhere.
func megabytes(maxrss int64, goos string) float64 {
	if goos != "darwin" {
		maxrss *= 1 << 10
	}
	return float64(maxrss) / 1e6
}
