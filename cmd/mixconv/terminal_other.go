//go:build !linux && !darwin && !windows

package main

// isTerminal reports whether a file descriptor is a terminal, where that can be
// told.
func isTerminal(uintptr) bool { return false }
