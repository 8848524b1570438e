// Package testdisk has files whose disk fails while they are read, for the tests of their
// readers.
package testdisk

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// ErrGone is what the disk says.
var ErrGone = errors.New("the disk is gone")

// flaky fails after so many reads.
type flaky struct {
	*bytes.Reader
	left int
}

func (f *flaky) ReadAt(p []byte, at int64) (int, error) {
	if f.left--; f.left < 0 {
		return 0, ErrGone
	}
	return f.Reader.ReadAt(p, at)
}

// EachRead has data read from a disk that fails at the first read, at the second and so on,
// until nothing fails. Whenever the disk has failed, read must return ErrGone, in one line;
// else nothing.
func EachRead(t *testing.T, what string, data []byte, read func(r io.ReaderAt, size int64) error) {
	t.Helper()
	for reads := 0; ; reads++ {
		f := &flaky{bytes.NewReader(data), reads}
		err := read(f, int64(len(data)))
		if f.left >= 0 {
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
			return
		}
		if !errors.Is(err, ErrGone) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s, after %d reads: %v", what, reads, err)
		}
	}
}
