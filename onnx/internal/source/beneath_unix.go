//go:build unix

package source

import (
	"io/fs"
	"os"
	"syscall"
)

// openBeneath opens a file beneath dir. Opening does not wait, whatever it is:
// a named pipe would block for ever otherwise.
func openBeneath(dir, name string) (*os.File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
}

// hardLinks is how many names the open file has.
func hardLinks(_ *os.File, info fs.FileInfo) (uint64, error) {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Nlink), nil
	}
	return 1, nil
}
