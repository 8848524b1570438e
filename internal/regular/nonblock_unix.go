//go:build unix

package regular

import "syscall"

// nonblock opens without waiting, and without making a terminal the process's own.
const nonblock = syscall.O_NONBLOCK | syscall.O_NOCTTY
