//go:build unix && !aix && !solaris

package atomicfile

import (
	"os"
	"syscall"
)

// locks says that a lock tells whether a process of this machine writes a file.
const locks = true

// lock locks f until it is closed. Where files have no locks, nobody removes one
// before it is old.
func lock(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_EX) }

// removeUnlocked removes the file at path unless it is locked, or that cannot be told.
func removeUnlocked(path string) {
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer f.Close()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		os.Remove(path)
	}
}

func rename(f *os.File, path string) error {
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return f.Close() // everything is synced: there is nothing left to fail
}
