//go:build !unix || aix || solaris

package atomicfile

import "os"

// locks says that a lock tells whether a process of this machine writes a file.
const locks = false

func lock(*os.File) {}

// removeUnlocked removes an old file; on Windows that fails while it is open.
func removeUnlocked(path string) { os.Remove(path) }

// rename closes f first: Windows renames no open file.
func rename(f *os.File, path string) error {
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
