//go:build unix

package source

import (
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/mixconv/mixconv/internal/regular"
	"golang.org/x/sys/unix"
)

// mapping is a file in the address space. It needs no descriptor, of which a process
// has few, and it stays what was opened when the file's name is given to another.
// As long as the name is the file's, that is opened to read, since pages that are read
// in a mapping count as the process's memory.
//
// Reading memory that the file no longer has, since somebody cut it off, is a
// signal that ends a Go process unless the goroutine asks for a panic. So nobody but
// copyAt touches the memory, and it only copies.
type mapping struct {
	path    string       // absolute
	info    fs.FileInfo  // of the file
	mu      sync.RWMutex // held to read data
	data    []byte       // nil when closed
	cleanup runtime.Cleanup
}

// hold maps f, which was opened at path, and closes it.
func hold(f *os.File, path string, info fs.FileInfo) (holder, error) {
	size := info.Size()
	if int64(int(size)) != size {
		return nil, errors.New("the file is larger than the address space")
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		return nil, err
	}
	f.Close()
	m := &mapping{path: path, info: info, data: data}
	m.cleanup = runtime.AddCleanup(m, func(data []byte) { unix.Munmap(data) }, data) // of what Mmap gave: cannot fail
	return m, nil
}

func (m *mapping) ReadAt(p []byte, offset int64) (n int, err error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.data == nil {
		return 0, errClosed
	}
	f, _, err := regular.Open(m.path, math.MaxInt64)
	if err != nil {
		return m.copyAt(p, offset)
	}
	defer f.Close()
	if now, err := f.Stat(); err != nil || !os.SameFile(m.info, now) {
		return m.copyAt(p, offset)
	}
	return f.ReadAt(p, offset)
}

// copyAt is ReadAt out of the mapping.
func (m *mapping) copyAt(p []byte, offset int64) (n int, err error) {
	if offset < 0 || offset >= int64(len(m.data)) {
		return 0, io.EOF
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			n, err = 0, errors.New("the file was cut off, or its disk does not answer")
		}
	}()
	n = copy(p, m.data[offset:])
	if n < len(p) {
		err = io.EOF
	}
	return n, err
}

// Close gives the memory back when nobody reads it any more.
func (m *mapping) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.data == nil {
		return nil
	}
	m.cleanup.Stop()
	data := m.data
	m.data = nil
	return unix.Munmap(data)
}
