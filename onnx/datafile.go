package onnx

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/mixconv/mixconv/errs"
)

// dataFiles opens the files that hold a model's external data.
type dataFiles interface {
	// open opens a location that checkLocation accepts and returns its size.
	// The file is a regular one and not the model itself.
	open(location string) (f io.ReadCloser, size int64, err error)
}

// checkLocation refuses what is not a plain relative path with forward
// slashes, the same on every system.
func checkLocation(location string) error {
	drive := len(location) > 1 && location[1] == ':'
	switch {
	case location == "":
		return errors.New("empty, allowed is a file name relative to the model's folder")
	case strings.ContainsRune(location, 0):
		return fmt.Errorf("%s contains a NUL byte", errs.Quote(location))
	case strings.Contains(location, `\`):
		return fmt.Errorf("%s contains a backslash, allowed are forward slashes", errs.Quote(location))
	case strings.HasPrefix(location, "/"), drive, strings.Contains(location, "://"):
		return fmt.Errorf("%s is absolute, allowed is a path relative to the model's folder", errs.Quote(location))
	}
	for element := range strings.SplitSeq(location, "/") {
		if element == ".." {
			return fmt.Errorf("%s contains .., allowed is a path inside the model's folder", errs.Quote(location))
		}
	}
	return nil
}

// folder is a model's folder on disk. Files are opened beneath it through
// os.Root, which follows links only as long as they stay inside.
type folder struct {
	shown   string      // for errors
	dir     string      // absolute
	realDir string      // the folder that the model is in if dir has a link to it, else ""
	model   fs.FileInfo // the model itself
}

func (d *folder) open(location string) (io.ReadCloser, int64, error) {
	location = path.Clean(location)
	f, err := openBeneath(d.dir, filepath.FromSlash(location))
	if err != nil && d.realDir != "" {
		if real, realErr := d.openReal(location); realErr == nil {
			f, err = real, nil
		}
	}
	if err != nil {
		return nil, 0, d.explain(location, err)
	}
	info, err := f.Stat()
	if err == nil {
		err = d.refuse(f, info)
	}
	if err != nil {
		f.Close()
		return nil, 0, fmt.Errorf("%s: %w", errs.Quote(filepath.Join(d.shown, location)), err)
	}
	return f, info.Size(), nil
}

// openReal opens a location beneath the model's real folder. That the name is
// resolved first and opened afterwards does no harm: whatever is opened is
// beneath realDir.
func (d *folder) openReal(location string) (*os.File, error) {
	name := filepath.FromSlash(location)
	target, err := filepath.EvalSymlinks(filepath.Join(d.dir, name))
	if err != nil {
		return openBeneath(d.realDir, name)
	}
	if name, err = filepath.Rel(d.realDir, target); err != nil {
		return nil, err
	}
	return openBeneath(d.realDir, name)
}

// refuse says why an open file may not be a model's data.
func (d *folder) refuse(f *os.File, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("not a regular file (%s)", info.Mode().Type())
	}
	if os.SameFile(info, d.model) {
		return errors.New("this is the model itself, allowed is another file")
	}
	links, err := hardLinks(f, info)
	if err != nil {
		return err
	}
	if links > 1 {
		return fmt.Errorf("the file has %d hard links, allowed 1: it may belong elsewhere (copy it to keep it)", links)
	}
	return nil
}

// explain turns an error of os.Root into one line with the path as the user
// knows it.
func (d *folder) explain(location string, err error) error {
	shown := errs.Quote(filepath.Join(d.shown, location))
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return fmt.Errorf("%s: %w", shown, err)
}

// fsFolder is a model's folder in a file system.
type fsFolder struct {
	fsys       fs.FS
	dir, model string
}

func (d fsFolder) open(location string) (io.ReadCloser, int64, error) {
	name := path.Join(d.dir, location)
	if !fs.ValidPath(name) {
		return nil, 0, fmt.Errorf("%s: %w", errs.Quote(name), fs.ErrInvalid)
	}
	if name == path.Clean(d.model) {
		return nil, 0, fmt.Errorf("%s: this is the model itself, allowed is another file", errs.Quote(name))
	}
	// Before Open, which on a named pipe could wait for ever.
	info, err := fs.Stat(d.fsys, name)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s: not a regular file (%s)", errs.Quote(name), info.Mode().Type())
	}
	f, err := d.fsys.Open(name)
	if err != nil {
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// skip moves f forward by n bytes.
func skip(f io.Reader, n int64) error {
	if s, ok := f.(io.Seeker); ok {
		_, err := s.Seek(n, io.SeekStart)
		return err
	}
	_, err := io.CopyN(io.Discard, f, n)
	return err
}
