package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/regular"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/score"

	_ "image/gif" // pictures beside JPEG and PNG

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// listPictures are the files that the arguments of a command name, in their order:
// files, folders with all that is in them by name, patterns, and - for stdin.
func listPictures(args []string) ([]string, error) {
	var list []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		switch {
		case arg == dash:
			list = append(list, dash)
		case err == nil && info.IsDir():
			found, err := picturesIn(arg)
			if err != nil {
				return nil, err
			}
			if len(found) == 0 {
				return nil, fmt.Errorf("%s has no pictures: none of its files ends with .jpg, .png, .gif, .bmp, .webp or .tif", errs.Quote(arg))
			}
			list = append(list, found...)
		case err != nil && strings.ContainsAny(arg, "*?["):
			matches, err := filepath.Glob(arg)
			if err != nil || len(matches) == 0 {
				return nil, fmt.Errorf("%s matches no file", errs.Quote(arg))
			}
			list = append(list, matches...)
		default: // one that does not exist is reported when its turn comes
			list = append(list, arg)
		}
	}
	return list, nil
}

// picturesIn are the pictures in a folder and its folders, in the order of their
// names.
func picturesIn(folder string) (list []string, err error) {
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && score.IsPicture(path) {
			list = append(list, path)
		}
		return err
	})
	return list, err
}

// readPicture reads an encoded picture.
func (a *app) readPicture(path string) ([]byte, error) {
	if path == dash {
		return a.readStdin()
	}
	return regular.Read(path, limit.Default().FileBytes)
}
