package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/regular"
)

// File is an open model.
type File struct {
	Name   string // as the caller gave it
	Folder Folder // where its external data is

	file     fs.File
	info     fs.FileInfo // as it was opened
	absolute string      // path, "" in an fs.FS
}

var errFolder = errs.Format("", "a folder, not an ONNX model")

// Open opens the model at path and finds its folder.
func Open(path string) (*File, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, errs.InFile(path, errFolder)
	}
	file, _, err := regular.Open(path, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	f := &File{Name: path, file: file}
	if f.info, err = file.Stat(); err == nil {
		f.absolute, err = filepath.Abs(path) // the working directory may change
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	f.Folder = newDiskFolder(f)
	return f, nil
}

// OpenFS opens the model called name in a file system.
func OpenFS(fsys fs.FS, name string) (*File, error) {
	if info, err := fs.Stat(fsys, name); err == nil && info.IsDir() {
		return nil, errs.InFile(name, errFolder)
	}
	file, info, err := regular.OpenFS(fsys, name)
	if err != nil {
		return nil, err
	}
	return &File{Name: name, Folder: fsFolder{fsys, path.Dir(name), name}, file: file, info: info}, nil
}

// Size is how many bytes the file has.
func (f *File) Size() int64 { return f.info.Size() }

// ReadAt reads a file on disk.
func (f *File) ReadAt(p []byte, offset int64) (int, error) {
	r, ok := f.file.(io.ReaderAt)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	return r.ReadAt(p, offset)
}

// ReadAll reads a file of at most most bytes. After release the bytes must not be used
// any more.
func (f *File) ReadAll(most int64) (data []byte, release func(), err error) {
	if f.Size() > most {
		return nil, nil, TooLarge(f.Size(), most)
	}
	data, release = Buffer(int(f.Size()) + bytes.MinRead)
	b := bytes.NewBuffer(data[:0])
	n, err := b.ReadFrom(io.LimitReader(f.file, most+1))
	switch {
	case err != nil:
		err = fmt.Errorf("reading: %w", err)
	case n > most:
		err = TooLarge(n, most)
	default:
		return b.Bytes(), release, nil
	}
	release()
	return nil, nil, err
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// TooLarge is the error for a model of so many bytes.
func TooLarge(size, allowed int64) error {
	return errs.Format("", "%d bytes, allowed %d (a protobuf message ends below 2 GiB: larger weights go into external data)", size, allowed)
}
