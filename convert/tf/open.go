package tf

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/convert/internal/misfit"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/filetype"
	"github.com/mixconv/mixconv/internal/regular"
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
		return nil, errs.InFile(path, regular.Check(info))
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

// openFile opens what a file is or belongs to, by its content. A data shard has
// none that tells, and the shards of an index are found by its name.
func openFile(path string, lim limit.Limits) (store, error) {
	if i := strings.LastIndex(path, ".data-"); i >= 0 {
		return openPrefix(path[:i], lim)
	}
	if prefix, ok := strings.CutSuffix(path, ".meta"); ok {
		return openPrefix(prefix, lim)
	}
	prefix, isIndex := strings.CutSuffix(path, ".index")
	switch t := filetype.OfFile(path); {
	case t.Kind == filetype.CheckpointIndex && !isIndex:
		return nil, errs.InFile(path, errs.Format("", "%s must be named PREFIX.index, beside its PREFIX.data-… files", t.Name))
	case t.Kind == filetype.CheckpointIndex:
		return openPrefix(prefix, lim)
	case t.Kind == filetype.CheckpointState:
		return openState(path, lim)
	case t.Kind == filetype.SavedModel:
		return openSavedModel(path, lim)
	case t.Kind == filetype.GraphDef:
	case t.Kind == filetype.Unknown && isIndex:
		return openPrefix(prefix, lim) // which says what is wrong with it
	case t.Kind != filetype.Unknown:
		return nil, errs.InFile(path, t.Mistaken("a checkpoint, SavedModel or frozen graph of TensorFlow"))
	}
	data, err := regular.Read(path, lim.FileBytes)
	if err != nil {
		return nil, err
	}
	return newFrozen(path, data, lim)
}

// openFolder opens what a folder holds: a SavedModel, the checkpoint that its
// state file names, or its only checkpoint.
func openFolder(folder string, lim limit.Limits) (store, error) {
	for _, name := range []string{savedModelFile, savedModelFile + "txt"} {
		file := filepath.Join(folder, name)
		if _, err := os.Stat(file); err == nil {
			return openSavedModel(file, lim)
		}
	}
	state := filepath.Join(folder, stateFile)
	if _, err := os.Stat(state); err == nil {
		return openState(state, lim)
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
			stateFile, savedModelFile, len(found), misfit.First(found)))
	}
	return openPrefix(strings.TrimSuffix(found[0], ".index"), lim)
}

// openState opens the checkpoint that a state file names.
func openState(state string, lim limit.Limits) (*checkpoint, error) {
	data, err := regular.Read(state, maxState)
	if err != nil {
		return nil, err
	}
	prefix, err := parseState(string(data))
	if err != nil {
		return nil, errs.InFile(state, err)
	}
	c, err := openPrefix(filepath.Join(filepath.Dir(state), filepath.FromSlash(prefix)), lim)
	if err != nil {
		return nil, err
	}
	c.state = state
	return c, nil
}

// escapeGlob makes a pattern that only a name itself matches.
func escapeGlob(name string) string {
	return strings.NewReplacer(`*`, `[*]`, `?`, `[?]`, `[`, `[[]`).Replace(name)
}
