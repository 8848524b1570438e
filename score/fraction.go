package score

import (
	"io"
	"math"
	"os"
	"sync/atomic"
)

// fraction is how much of a source has been read.
type fraction struct{ bits atomic.Uint64 }

func (f *fraction) set(done float64) { f.bits.Store(math.Float64bits(done)) }

// Done implements Source.
func (f *fraction) Done() float64 { return math.Float64frombits(f.bits.Load()) }

// counted is a file that says how much of it has been read.
type counted struct {
	file *os.File
	size int64
	read int64
	to   *fraction
}

func newCounted(f *os.File, to *fraction) (*counted, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return &counted{file: f, size: info.Size(), to: to}, nil
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.file.Read(p)
	c.moved(int64(n))
	return n, err
}

// Seek lets a tar reader jump over members.
func (c *counted) Seek(offset int64, whence int) (int64, error) {
	at, err := c.file.Seek(offset, whence)
	if err == nil {
		c.read = at
		c.moved(0)
	}
	return at, err
}

func (c *counted) moved(n int64) {
	if c.read += n; c.size > 0 {
		c.to.set(float64(c.read) / float64(c.size))
	}
}

var _ io.ReadSeeker = (*counted)(nil)
