//go:build !linux && !darwin && !windows

package main

// terminal reports whether a file descriptor is a terminal, where that can be
// told.
func terminal(uintptr) bool { return false }
