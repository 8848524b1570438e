package main

import "golang.org/x/sys/unix"

// terminal reports whether a file descriptor is a terminal.
func terminal(fd uintptr) bool {
	_, err := unix.IoctlGetTermios(int(fd), unix.TIOCGETA)
	return err == nil
}
