package score

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/regular"
)

// Item is an encoded picture.
type Item struct {
	// Key names the picture in the results: a file's path with slashes or, of an archive's
	// member, the archive's path, a slash and the member's name.
	Key string
	// Read returns the picture's bytes. It is called at most once, from any goroutine. An
	// error is the picture's, not the run's.
	Read func() ([]byte, error)
}

// Source is where pictures come from.
type Source interface {
	// Items yields the pictures, in the same order every time. An error ends it, and the
	// run. wants says of a key whether the picture will be read: what is not need not be
	// loaded, but must be yielded.
	Items(ctx context.Context, wants func(key string) bool) iter.Seq2[Item, error]
	// Done is the part of the source that has been read, from 0 to 1; less than 0: not known.
	// It may be called from any goroutine.
	Done() float64
}

// Opener makes a source of a file if it can read files of that name.
type Opener func(path string) (Source, bool)

// Open makes sources of what arguments name: folders with all pictures and archives in
// them, files, and patterns such as shards/*.tar, which stand for the files that they
// match, in order. Tar (also gzip's) and zip archives have pictures as members. A file is
// first offered to the openers. stdin, named -, has a path a line.
func Open(args []string, stdin *os.File, openers ...Opener) ([]Source, error) {
	var list []Source
	seen := map[string]bool{}
	for _, arg := range args {
		paths := []string{arg}
		info, err := os.Stat(arg)
		switch {
		case arg == "-":
			list = append(list, newLines(stdin, "stdin"))
			paths = nil
		case err != nil && strings.ContainsAny(arg, "*?["):
			if paths, err = filepath.Glob(arg); err != nil || len(paths) == 0 {
				return nil, fmt.Errorf("%s matches no file", errs.Quote(arg))
			}
		case err != nil:
			return nil, err
		case info.IsDir():
			list = append(list, &folder{path: arg, openers: openers})
			paths = nil
		}
		for _, path := range paths {
			list = append(list, open(path, openers))
		}
		if clean := filepath.Clean(arg); seen[clean] {
			return nil, fmt.Errorf("%s is named twice: its pictures would be scored twice", errs.Quote(arg))
		} else {
			seen[clean] = true
		}
	}
	return list, nil
}

// open makes a source of a file, or of a folder that a pattern matched.
func open(path string, openers []Opener) Source {
	for _, o := range openers {
		if s, ok := o(path); ok {
			return s
		}
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return &folder{path: path, openers: openers}
	}
	name := strings.ToLower(path)
	switch {
	case strings.HasSuffix(name, ".tar"), strings.HasSuffix(name, ".tar.gz"), strings.HasSuffix(name, ".tgz"):
		return &tarArchive{path: path}
	case strings.HasSuffix(name, ".zip"):
		return &zipArchive{path: path}
	}
	return single{path}
}

// pictureEndings are the names of what is taken for a picture in a folder or an archive. A
// file that is named itself is judged by its content alone.
var pictureEndings = map[string]bool{
	".jpg": true, ".jpeg": true, ".png": true, ".gif": true, ".bmp": true, ".webp": true, ".tif": true, ".tiff": true,
}

// IsPicture reports whether a file of this name is taken for a picture: one that ends with
// .jpg, .jpeg, .png, .gif, .bmp, .webp, .tif or .tiff.
func IsPicture(name string) bool { return pictureEndings[strings.ToLower(filepath.Ext(name))] }

// single is a picture in a file of its own.
type single struct{ path string }

func (s single) Done() float64 { return 0 }

func (s single) Items(ctx context.Context, _ func(string) bool) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) { yield(fileItem(s.path), nil) }
}

func fileItem(path string) Item {
	return Item{filepath.ToSlash(path), func() ([]byte, error) { return ReadPicture(path) }}
}

// folder is all pictures and archives below a folder, in the order of their names, folder
// by folder.
type folder struct {
	path    string
	openers []Opener
	fraction
}

func (f *folder) Items(ctx context.Context, wants func(string) bool) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		if f.walk(ctx, f.path, wants, 0, 1, yield) {
			f.set(1)
		}
	}
}

// walk yields what is in a folder, which is the given part of all, and reports whether to
// go on.
func (f *folder) walk(ctx context.Context, path string, wants func(string) bool, from, share float64, yield func(Item, error) bool) bool {
	entries, err := os.ReadDir(path)
	if err != nil {
		yield(Item{}, err)
		return false
	}
	for i, entry := range entries {
		if ctx.Err() != nil {
			return false
		}
		each := share / float64(len(entries))
		f.set(from + each*float64(i))
		name := filepath.Join(path, entry.Name())
		switch {
		case entry.IsDir(): // a link to a folder is none: it may lead back up
			if !f.walk(ctx, name, wants, from+each*float64(i), each, yield) {
				return false
			}
		case IsPicture(name):
			if !yield(fileItem(name), nil) {
				return false
			}
		default:
			if s := open(name, f.openers); isArchive(s) && !yieldAll(ctx, s, wants, yield) {
				return false
			}
		}
	}
	return true
}

func isArchive(s Source) bool { _, is := s.(single); return !is }

func yieldAll(ctx context.Context, s Source, wants func(string) bool, yield func(Item, error) bool) bool {
	for item, err := range s.Items(ctx, wants) {
		if !yield(item, err) {
			return false
		}
	}
	return ctx.Err() == nil
}

// ReadPicture reads the file at path as a run does: a regular file of at most 64 MiB.
func ReadPicture(path string) ([]byte, error) { return regular.Read(path, maxPicture) }
