//go:build !unix && !windows

package source

import (
	"errors"
	"io/fs"
	"os"
)

// openBeneath refuses: os.Root does not contain what it opens on js.
func openBeneath(string, string) (*os.File, error) {
	return nil, errors.New("external data cannot be read from disk on this system, only from an fs.FS")
}

func hardLinks(*os.File, fs.FileInfo) (uint64, error) { return 1, nil }
