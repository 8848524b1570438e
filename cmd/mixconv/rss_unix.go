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
	mb := float64(usage.Maxrss) / 1e3 // kilobytes
	if goruntime.GOOS == "darwin" {
		mb /= 1e3 // bytes there
	}
	return &mb
}
