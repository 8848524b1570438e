package onnx

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/regular"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

// ReadFile reads the model at path. Its external data is read later, when
// Tensor asks for it, from path's folder and nowhere else. If path is a
// symbolic link, files in the real file's folder are reachable as well, as the
// Hugging Face cache needs it.
func ReadFile(path string, lim limit.Limits) (*Model, error) {
	f, info, folder, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return read(path, f, info, folder, lim)
}

// open opens the model at path, asks for its size, and finds its folder.
func open(path string) (*os.File, fs.FileInfo, *folder, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, nil, nil, errs.InFile(path, errFolder)
	}
	f, _, err := regular.Open(path, math.MaxInt64)
	if err != nil {
		return nil, nil, nil, err
	}
	info, err := f.Stat()
	if err == nil {
		var d *folder
		if d, err = newFolder(path, info); err == nil {
			return f, info, d, nil
		}
	}
	f.Close()
	return nil, nil, nil, err
}

// ReadFS reads the model at path in fsys. Its external data is read from the
// same file system, below path's folder. Whether links lead out of it is
// fsys's matter.
func ReadFS(fsys fs.FS, name string, lim limit.Limits) (*Model, error) {
	f, info, err := openFS(fsys, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return read(name, f, info, fsFolder{fsys, path.Dir(name), name}, lim)
}

var errFolder = errs.Format("", "a folder, not an ONNX model")

// openFS opens a regular file and asks for its size. Anything else is refused
// before it is opened: opening a named pipe waits for a writer.
func openFS(fsys fs.FS, name string) (fs.File, fs.FileInfo, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		return nil, nil, errs.InFile(name, errFolder)
	}
	if !info.Mode().IsRegular() {
		return nil, nil, errs.InFile(name, errs.Format("", "not a regular file (%s)", info.Mode().Type()))
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, nil, err
	}
	info, err = f.Stat()
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

func read(name string, r io.Reader, info fs.FileInfo, files dataFiles, lim limit.Limits) (*Model, error) {
	data, release, err := readAll(r, info, lim.OrDefault().FileBytes)
	if err != nil {
		return nil, errs.InFile(name, err)
	}
	defer release() // decoding copies
	m, err := Decode(name, data, lim)
	if err != nil {
		return nil, err
	}
	m.files = files
	return m, nil
}

// readAll reads r, whose Stat is info, up to limit bytes. After release the
// bytes must not be used any more.
func readAll(r io.Reader, info fs.FileInfo, limit int64) (data []byte, release func(), err error) {
	if info.Size() > limit {
		return nil, nil, tooLarge(info.Size(), limit)
	}
	data, release = buffer(int(info.Size()) + bytes.MinRead)
	b := bytes.NewBuffer(data[:0])
	n, err := b.ReadFrom(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		err = fmt.Errorf("reading: %w", err)
	case n > limit:
		err = tooLarge(n, limit)
	default:
		return b.Bytes(), release, nil
	}
	release()
	return nil, nil, err
}

// newFolder returns the folder of the model at path, whose Stat is info.
func newFolder(path string, info fs.FileInfo) (*folder, error) {
	absolute, err := filepath.Abs(path) // the working directory may change
	if err != nil {
		return nil, err
	}
	d := &folder{shown: filepath.Dir(path), dir: filepath.Dir(absolute), model: info}
	if real, err := filepath.EvalSymlinks(absolute); err == nil {
		if link, err := os.Lstat(absolute); err == nil && link.Mode()&fs.ModeSymlink != 0 {
			d.realDir = filepath.Dir(real)
		}
	}
	return d, nil
}

// ReadTensorFS reads a file in fsys that is one TensorProto and nothing else.
// Its elements are in the file: external data is an error.
func ReadTensorFS(fsys fs.FS, name string, lim limit.Limits) (*tensor.Tensor, error) {
	f, info, err := openFS(fsys, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, release, err := readAll(f, info, lim.OrDefault().FileBytes)
	if err != nil {
		return nil, errs.InFile(name, err)
	}
	defer release() // decoding copies
	return DecodeTensor(name, data, lim)
}
