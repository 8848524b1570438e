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
	bundle         *bundle.Bundle
	info           *graphInfo // of a SavedModel
}

// openCheckpoint opens the bundle whose files in folder begin with prefix.
func openCheckpoint(folder, prefix string, lim limit.Limits) (*checkpoint, error) {
	c := &checkpoint{folder: folder, prefix: prefix}
	var err error
	c.bundle, err = bundle.Open(os.DirFS(folder), prefix, lim)
	if err != nil {
		return nil, c.locate(err)
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
	return c.bundle.Scan(want, visit)
}

func (c *checkpoint) graph() *graphInfo { return c.info }

// locate puts the folder before the file that an error names, for the bundle
// knows files by their place in it.
func (c *checkpoint) locate(err error) error {
	path := func(file string) string {
		if file == "" {
			file = c.prefix
		}
		return filepath.Join(c.folder, file)
	}
	switch e := err.(type) {
	case nil:
		return nil
	case *errs.FormatError:
		located := *e
		located.File = path(e.File)
		return &located
	case *errs.UnsupportedError:
		located := *e
		located.File = path(e.File)
		return &located
	case *fs.PathError:
		return &fs.PathError{Op: e.Op, Path: path(e.Path), Err: e.Err}
	}
	return errs.InFile(path(""), err)
}
