package repository

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/errs"
)

// Source is where models are: a file, a folder of files, or a folder of folders
// NAME/VERSION with a file each.
type Source struct {
	Name string // of the only model there; "": names come from files and folders
	Path string
}

// ParseSource reads PATH or NAME=PATH.
func ParseSource(arg string) (Source, error) {
	name, path, named := strings.Cut(arg, "=")
	if !named || strings.ContainsAny(name, `/\`) {
		return Source{Path: arg}, nil
	}
	if path == "" {
		return Source{}, fmt.Errorf("%s: no path behind the name", errs.Quote(arg))
	}
	return Source{name, path}, checkName(name)
}

func checkName(name string) error {
	if name == "" || strings.ContainsAny(name, `/\`) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		return fmt.Errorf("%s is no name of a model", errs.Quote(name))
	}
	return nil
}

// ending is that of a model's file.
const ending = ".onnx"

// place is a version's file.
type place struct{ name, version, path string }

// find lists the files of s.
func (s Source) find() ([]place, error) {
	info, err := os.Stat(s.Path)
	if err != nil {
		return nil, err
	}
	switch {
	case !info.IsDir():
		name := s.Name
		if name == "" {
			name = strings.TrimSuffix(filepath.Base(s.Path), ending)
		}
		return []place{{name, "1", s.Path}}, checkName(name)
	case s.Name != "":
		list, err := findVersions(s.Name, s.Path)
		if err == nil && len(list) == 0 {
			err = fmt.Errorf("%s: no file *%s there, nor in a folder 1, 2 …", errs.Quote(s.Path), ending)
		}
		return list, err
	}
	return findAll(s.Path)
}

// findAll lists the models in a folder: files, and folders with versions.
func findAll(folder string) (list []place, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		if isModel(e) {
			list = append(list, place{strings.TrimSuffix(e.Name(), ending), "1", path})
			continue
		}
		if info, err := os.Stat(path); err != nil || !info.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		versions, err := findVersions(e.Name(), path)
		if err != nil {
			return nil, err
		}
		list = append(list, versions...)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: no model there: no file *%s and no folder NAME/VERSION with one", errs.Quote(folder), ending)
	}
	return list, nil
}

// findVersions lists the versions of a model in its folder: the only file, or the only
// one in each folder that is a number.
func findVersions(name, folder string) (list []place, err error) {
	path, err := onlyModel(folder)
	if err != nil {
		return nil, err
	}
	if path != "" {
		return []place{{name, "1", path}}, nil
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if n, err := strconv.ParseInt(e.Name(), 10, 64); err != nil || n < 1 || strconv.FormatInt(n, 10) != e.Name() {
			continue
		}
		path, err := onlyModel(filepath.Join(folder, e.Name()))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if path != "" {
			list = append(list, place{name, e.Name(), path})
		}
	}
	return list, nil
}

// onlyModel is the only file in a folder that is a model, "" if there is none. Of
// several, that called model.onnx counts.
func onlyModel(folder string) (string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", err
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool { return !isModel(e) })
	for _, e := range entries {
		if len(entries) == 1 || e.Name() == "model"+ending {
			return filepath.Join(folder, e.Name()), nil
		}
	}
	if len(entries) > 1 {
		return "", fmt.Errorf("%s: %d files *%s, allowed one, or one called model%s", errs.Quote(folder), len(entries), ending, ending)
	}
	return "", nil
}

func isModel(e os.DirEntry) bool {
	return !e.IsDir() && strings.HasSuffix(e.Name(), ending) && !strings.HasPrefix(e.Name(), ".")
}
