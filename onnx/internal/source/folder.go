package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/regular"
)

// Folder is where a model's external data is.
type Folder interface {
	// Open opens the file at a location, a plain relative path with forward slashes,
	// and returns its size. The file is a regular one and not the model itself.
	Open(location string) (f io.ReadCloser, size int64, err error)
}

// ReadBeside returns n bytes, from offset on, of the file at a location in a folder.
// Nothing is allocated before the file is known to have them.
func ReadBeside(d Folder, location string, offset, n int64) ([]byte, error) {
	f, size, err := d.Open(location)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	shown := errs.Quote(location)
	if offset+n > size {
		return nil, fmt.Errorf("offset %d and length %d, but %s has %d bytes", offset, n, shown, size)
	}
	data := make([]byte, n)
	if err := skip(f, offset); err != nil {
		return nil, fmt.Errorf("%s: %w", shown, err)
	}
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("%s: %w", shown, err)
	}
	return data, nil
}

// diskFolder is a model's folder on disk. Files are opened beneath it through
// os.Root, which follows links only as long as they stay inside.
type diskFolder struct {
	shown   string      // for errors
	dir     string      // absolute
	realDir string      // the folder that the model is in if dir has a link to it, else ""
	model   fs.FileInfo // the model itself
}

func newDiskFolder(f *File) *diskFolder {
	d := &diskFolder{shown: filepath.Dir(f.Name), dir: filepath.Dir(f.absolute), model: f.info}
	if real, err := filepath.EvalSymlinks(f.absolute); err == nil {
		if link, err := os.Lstat(f.absolute); err == nil && link.Mode()&fs.ModeSymlink != 0 {
			d.realDir = filepath.Dir(real)
		}
	}
	return d
}

func (d *diskFolder) Open(location string) (io.ReadCloser, int64, error) {
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
func (d *diskFolder) openReal(location string) (*os.File, error) {
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
func (d *diskFolder) refuse(f *os.File, info fs.FileInfo) error {
	if err := regular.Check(info); err != nil {
		return err
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
func (d *diskFolder) explain(location string, err error) error {
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

func (d fsFolder) Open(location string) (io.ReadCloser, int64, error) {
	name := path.Join(d.dir, location)
	if !fs.ValidPath(name) {
		return nil, 0, fmt.Errorf("%s: %w", errs.Quote(name), fs.ErrInvalid)
	}
	if name == path.Clean(d.model) {
		return nil, 0, fmt.Errorf("%s: this is the model itself, allowed is another file", errs.Quote(name))
	}
	f, info, err := regular.OpenFS(d.fsys, name)
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
