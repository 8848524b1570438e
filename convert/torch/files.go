package torch

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/regular"
	"github.com/mixconv/mixconv/limit"
)

// openIn opens a file that another file or a folder's list names. The file is
// in folder or in one of the others itself, where a link may lead: Hugging
// Face's cache has links to the files of all models in one folder.
func openIn(folder, name string, others []string, lim limit.Limits) (*os.File, int64, error) {
	path := filepath.Join(folder, name)
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, 0, err
	}
	realFolder, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return nil, 0, err
	}
	if dir := filepath.Dir(real); dir != realFolder && !slices.Contains(others, dir) {
		return nil, 0, errs.InFile(path, errs.Format("", "a link that leads out of its folder"))
	}
	// Whatever the name has become since: nothing outside is opened.
	root, err := os.OpenRoot(filepath.Dir(real))
	if err != nil {
		return nil, 0, err
	}
	defer root.Close()
	info, err := root.Lstat(filepath.Base(real))
	if err == nil {
		err = regular.Check(info)
	}
	var f *os.File
	if err == nil {
		f, err = root.Open(filepath.Base(real))
	}
	if err != nil {
		return nil, 0, errs.InFile(path, errs.Format("", "%w", bare(err)))
	}
	return regular.Opened(f, path, lim.FileBytes)
}

// bare is err without the path that os put before it.
func bare(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// checkFileName refuses what is not the plain name of a file.
func checkFileName(name string) error {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\\:\x00") {
		return fmt.Errorf("%s, allowed is the name of a file in the same folder", errs.Quote(name))
	}
	return nil
}

func readWhole(f *os.File, size int64, path string) ([]byte, error) {
	data := make([]byte, size)
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, errs.InFile(path, err)
	}
	return data, nil
}
