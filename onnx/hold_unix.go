//go:build unix

package onnx

import (
	"errors"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"sync"

	"golang.org/x/sys/unix"
)

// mapping is a file in the address space. It needs no descriptor, of which a process
// has few, and it stays what was opened when the file's name is given to another.
//
// Reading memory that the file no longer has, since somebody cut it off, is a
// signal that ends a Go process unless the goroutine asks for a panic. So nobody but
// ReadAt touches the memory, and it only copies. What it has read leaves the
// process's memory at once: it is packed elsewhere.
type mapping struct {
	mu      sync.RWMutex // held to read data
	data    []byte       // nil when closed
	cleanup runtime.Cleanup
}

// hold takes over f, which has size bytes, and reads it on.
func hold(f *os.File, size int64) (holder, error) {
	defer f.Close()
	if int64(int(size)) != size {
		return nil, errors.New("the file is larger than the address space")
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		return nil, err
	}
	m := &mapping{data: data}
	m.cleanup = runtime.AddCleanup(m, func(data []byte) { unix.Munmap(data) }, data) // of what Mmap gave: cannot fail
	return m, nil
}

func (m *mapping) ReadAt(p []byte, offset int64) (n int, err error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.data == nil {
		return 0, errModelClosed
	}
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
	m.drop(int(offset), int(offset)+n)
	if n < len(p) {
		err = io.EOF
	}
	return n, err
}

// drop gives back the pages that have bytes from to to.
func (m *mapping) drop(from, to int) {
	page := os.Getpagesize()
	from, to = from/page*page, min((to+page-1)/page*page, len(m.data))
	_ = unix.Madvise(m.data[from:to], unix.MADV_DONTNEED) // advice: what the system makes of it changes no result
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
