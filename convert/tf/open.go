package tf

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/convert/tf/internal/bundle"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
)

// open finds out what path is.
func open(path string, lim limit.Limits) (store, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return openFolder(path, lim)
	case err == nil && info.Mode().IsRegular():
		return openFile(path, lim)
	case err == nil:
		return nil, errs.InFile(path, errs.Format("", "not a regular file (%s)", info.Mode().Type()))
	}
	// No such file: the prefix of a checkpoint, if there is one.
	if _, indexErr := os.Stat(path + ".index"); indexErr != nil {
		return nil, fmt.Errorf("%s: neither a file or folder nor a checkpoint's prefix: %w", errs.Quote(path), indexErr)
	}
	return openPrefix(path, lim)
}

func openPrefix(prefix string, lim limit.Limits) (*checkpoint, error) {
	folder, base := filepath.Split(prefix)
	return openCheckpoint(filepath.Clean(folder), base, lim)
}

func openFile(path string, lim limit.Limits) (store, error) {
	if prefix, ok := strings.CutSuffix(path, ".index"); ok {
		return openPrefix(prefix, lim)
	}
	if i := strings.LastIndex(path, ".data-"); i >= 0 {
		return openPrefix(path[:i], lim)
	}
	folder, base := filepath.Split(path)
	folder = filepath.Clean(folder)
	switch {
	case base == stateFile:
		return openFolder(folder, lim)
	case base == savedModelFile:
		return openSavedModel(folder, lim)
	case strings.HasSuffix(base, ".pbtxt"):
		return nil, &errs.UnsupportedError{File: path, Items: []errs.Unsupported{{Reason: "a graph as text; the binary form (.pb) is supported"}}}
	case strings.HasSuffix(base, ".meta"):
		return openPrefix(strings.TrimSuffix(path, ".meta"), lim)
	}
	data, err := readFile(path, lim.FileBytes)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, errs.InFile(path, errs.Format("", "the file is empty"))
	}
	return newFrozen(path, data, lim)
}

// readFile reads a regular file of at most most bytes.
func readFile(path string, most int64) ([]byte, error) {
	folder := filepath.Dir(path)
	data, err := bundle.ReadFile(os.DirFS(folder), filepath.Base(path), most)
	return data, inFolder(folder, err)
}

// openFolder opens what a folder holds: a SavedModel, the checkpoint that its
// state file names, or its only checkpoint.
func openFolder(folder string, lim limit.Limits) (store, error) {
	for _, name := range []string{savedModelFile, savedModelFile + "txt"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err == nil {
			return openSavedModel(folder, lim)
		}
	}
	state := filepath.Join(folder, stateFile)
	if _, err := os.Stat(state); err == nil {
		data, err := readFile(state, maxState)
		if err != nil {
			return nil, err
		}
		prefix, err := parseState(string(data))
		if err != nil {
			return nil, errs.InFile(state, err)
		}
		c, err := openPrefix(filepath.Join(folder, filepath.FromSlash(prefix)), lim)
		if err != nil {
			return nil, err
		}
		c.state = state
		return c, nil
	}
	found, err := filepath.Glob(filepath.Join(escapeGlob(folder), "*.index"))
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		slices.Sort(found)
		for i, f := range found {
			found[i] = errs.Quote(filepath.Base(f))
		}
		return nil, errs.InFile(folder, errs.Format("", "no file %q, %q or one .index file, but %d .index files: %s",
			stateFile, savedModelFile, len(found), firstOf(found)))
	}
	return openPrefix(strings.TrimSuffix(found[0], ".index"), lim)
}

// escapeGlob makes a pattern that only a name itself matches.
func escapeGlob(name string) string {
	return strings.NewReplacer(`*`, `[*]`, `?`, `[?]`, `[`, `[[]`).Replace(name)
}
