package regular

import (
	"io"
	"io/fs"
	"os"

	"github.com/mixconv/mixconv/errs"
)

// Open opens the file at path, which must have at most most bytes, and returns
// its size.
func Open(path string, most int64) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err == nil {
		err = check(info, path, most)
	}
	if err != nil {
		return nil, 0, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, 0, err
	}
	return Opened(f, path, most)
}

// Opened does with a file that is open already what Open does. It closes the
// file where it returns an error.
func Opened(f *os.File, path string, most int64) (*os.File, int64, error) {
	info, err := f.Stat()
	if err == nil {
		err = check(info, path, most)
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// Read reads the file at path, which must have at most most bytes.
func Read(path string, most int64) ([]byte, error) {
	f, size, err := Open(path, most)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, size)
	_, err = io.ReadFull(f, data)
	return data, errs.InFile(path, err)
}

// OpenFS opens the file called name in a file system. Nobody can tell whether the name
// changes hands between the look at it and the opening.
func OpenFS(fsys fs.FS, name string) (fs.File, fs.FileInfo, error) {
	info, err := fs.Stat(fsys, name)
	if err == nil {
		err = errs.InFile(name, Check(info))
	}
	if err != nil {
		return nil, nil, err
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, nil, err
	}
	if info, err = f.Stat(); err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

func check(info fs.FileInfo, path string, most int64) error {
	if err := Check(info); err != nil {
		return errs.InFile(path, err)
	}
	if info.Size() > most {
		return errs.InFile(path, errs.Format("", "%d bytes, allowed %d", info.Size(), most))
	}
	return nil
}

// Check is for files that are opened in another way: it returns an error if info is
// not that of a regular file.
func Check(info fs.FileInfo) error {
	if info.IsDir() {
		return errs.Format("", "a folder, not a regular file")
	}
	if !info.Mode().IsRegular() {
		return errs.Format("", "not a regular file (%s)", info.Mode().Type())
	}
	return nil
}
