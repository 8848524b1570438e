package source

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// Held is a file on disk that can be read on. Reading one that has been written to, or
// cut off, since it was opened is an error.
type Held struct {
	holder
	path string      // absolute
	info fs.FileInfo // as it was opened
}

// holder reads a file that is not open any more, or need not be.
type holder interface {
	io.ReaderAt
	io.Closer
}

var errClosed = errors.New("the model is closed")

// Hold takes over f, which is on disk: if it returns no error, f is not to be used or
// closed any more.
func (f *File) Hold() (*Held, error) {
	file, ok := f.file.(*os.File)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	h, err := hold(file, f.absolute, f.info)
	if err != nil {
		return nil, err
	}
	return &Held{h, f.absolute, f.info}, nil
}

// ReadAt reads what the file had when it was opened. It is safe for goroutines.
func (h *Held) ReadAt(p []byte, offset int64) (int, error) {
	n, err := h.holder.ReadAt(p, offset)
	if changed := changed(h.path, h.info); changed != nil {
		err = changed
	}
	return n, err
}

// changed says so if the file at path, whose Stat was was, has been written to. If
// the name is another file's by now, or nobody's, whoever did that has not written to
// this one, as far as anybody can tell.
func changed(path string, was fs.FileInfo) error {
	now, err := os.Stat(path)
	if err == nil && os.SameFile(was, now) && (now.Size() != was.Size() || !now.ModTime().Equal(was.ModTime())) {
		return errors.New("the file has changed since it was opened")
	}
	return nil
}
