package tf

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mixconv/mixconv/convert/tf/internal/bundle"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

// checkpoint is a store of variables in a TensorBundle.
type checkpoint struct {
	folder, prefix string
	state          string // the state file that named it, "" if none did
	bundle         *bundle.Bundle
	info           *graphInfo // of a SavedModel
}

// openCheckpoint opens the bundle whose files in folder begin with prefix.
func openCheckpoint(folder, prefix string, lim limit.Limits) (*checkpoint, error) {
	c := &checkpoint{folder: folder, prefix: prefix}
	var err error
	c.bundle, err = bundle.Open(os.DirFS(folder), prefix, lim)
	if err != nil {
		return nil, inFolder(c.folder, err)
	}
	return c, nil
}

func (c *checkpoint) variables() []variable {
	vars := make([]variable, len(c.bundle.Entries))
	for i, e := range c.bundle.Entries {
		shape := make(tensor.Shape, len(e.Shape))
		for d, n := range e.Shape {
			shape[d] = int(n)
		}
		vars[i] = variable{name: e.Name, typeName: e.Type.String(), dtype: e.Type.DType(), shape: shape}
	}
	return vars
}

func (c *checkpoint) read(want func(int) bool, visit func(int, []byte) error) (string, error) {
	sum, err := c.bundle.Scan(want, visit)
	return sum, inFolder(c.folder, err)
}

func (c *checkpoint) graph() *graphInfo { return c.info }

func (c *checkpoint) name() string { return filepath.Join(c.folder, c.prefix) }

func (c *checkpoint) files() []string {
	var files []string
	for _, name := range c.bundle.Files() {
		files = append(files, filepath.Join(c.folder, name))
	}
	if c.info != nil {
		files = append(files, c.info.file)
	}
	if c.state != "" {
		files = append(files, c.state)
	}
	return files
}

// inFolder puts a folder before the file that an error names, for a bundle
// knows files by their place in its folder.
func inFolder(folder string, err error) error {
	switch e := err.(type) {
	case *errs.FormatError:
		located := *e
		located.File = filepath.Join(folder, e.File)
		return &located
	case *errs.UnsupportedError:
		located := *e
		located.File = filepath.Join(folder, e.File)
		return &located
	case *fs.PathError:
		return &fs.PathError{Op: e.Op, Path: filepath.Join(folder, e.Path), Err: e.Err}
	}
	return err
}
