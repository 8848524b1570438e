package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// mostLinks is how many links are followed, as Linux does.
const mostLinks = 40

// target follows symbolic links from path to the file that is to be written, which
// need not exist. It is direct if it stands for a file that a process has open.
func target(path string) (_ string, direct bool, err error) {
	at := path
	for range mostLinks {
		if strings.HasPrefix(at, "/proc/") || strings.HasPrefix(at, "/dev/fd/") {
			return path, true, nil
		}
		info, err := os.Lstat(at)
		if errors.Is(err, fs.ErrNotExist) {
			return at, false, nil
		}
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return at, false, err
		}
		next, err := os.Readlink(at)
		if err != nil {
			return "", false, err
		}
		if !filepath.IsAbs(next) {
			// A name with .. in it is meant from where the folder really is.
			folder, err := filepath.EvalSymlinks(filepath.Dir(at))
			if err != nil {
				return "", false, err
			}
			next = filepath.Join(folder, next)
		}
		at = next
	}
	return "", false, &os.PathError{Op: "write", Path: path, Err: errors.New("too many levels of symbolic links")}
}
