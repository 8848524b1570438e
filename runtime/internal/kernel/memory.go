package kernel

import (
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/mixconv/mixconv/errs"
)

// Slab hands out memory that stays together in large pages of the operating
// system: packed weights are read once a run, and looking up where each small
// page lies would take a part of that time. The zero value is ready; it is not
// safe for goroutines.
type Slab struct {
	free    []float32
	coming  int // floats that Expect announced
	filling sync.WaitGroup
	failed  atomic.Pointer[errs.InternalError]
	buffers sync.Pool // *[]float32
}

// leastBuffer is worth a read of a file.
const leastBuffer = 16 << 10

// fill calls f, which fills what Floats returned, on another goroutine, with a
// buffer of n floats or more.
func (s *Slab) fill(n int, f func(buf []float32)) {
	s.filling.Go(func() {
		defer s.caught()
		buf, _ := s.buffers.Get().(*[]float32)
		if buf == nil || len(*buf) < n {
			list := make([]float32, max(n, leastBuffer))
			buf = &list
		}
		f(*buf)
		s.buffers.Put(buf)
	})
}

// Expect says that about n floats will be asked for: one piece of memory for
// all of them has no rests, and makes less work for the garbage collector.
func (s *Slab) Expect(n int) { s.coming = n }

// caught keeps what a goroutine panicked with. It is deferred.
func (s *Slab) caught() {
	if value := recover(); value != nil {
		s.failed.CompareAndSwap(nil, errs.Internal(value))
	}
}

// Wait returns when everything is filled, or cannot be: then what the slab handed
// out must not be used.
func (s *Slab) Wait() error {
	s.filling.Wait()
	if err := s.failed.Load(); err != nil {
		return fmt.Errorf("packing weights: %w", err)
	}
	return nil
}

const (
	hugePage  = 2 << 20 // bytes
	slabBytes = 2 * hugePage
	lineBytes = 64
)

// Floats returns n zeros that begin at a cache line.
func (s *Slab) Floats(n int) []float32 {
	room := (n + lineBytes/4 - 1) &^ (lineBytes/4 - 1)
	if room > len(s.free) {
		if room > s.coming && 4*room > slabBytes/2 {
			return HugeFloats(n)
		}
		s.free, s.coming = HugeFloats(max(slabBytes/4, s.coming)), 0
	}
	list := s.free[:n:n]
	s.free = s.free[room:]
	return list
}

// HugeFloats returns n zeros, in large pages if that is many.
func HugeFloats(n int) []float32 {
	if 4*n < hugePage {
		return aligned(n, lineBytes)
	}
	list := aligned((4*n+hugePage-1)&^(hugePage-1)/4, hugePage)
	advise(list)
	return list[:n:n]
}

// HugeBytes is HugeFloats for bytes of any type. They begin at a cache line.
func HugeBytes(n int) []byte {
	list := HugeFloats((n + 3) / 4)
	if len(list) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&list[0])), n)
}

// Floats is the float32 elements that list holds, which begins at a multiple of four
// bytes.
func Floats(list []byte) []float32 {
	if len(list) < 4 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&list[0])), len(list)/4)
}

// aligned returns n zeros that begin at a multiple of bytes.
func aligned(n, bytes int) []float32 {
	list := make([]float32, n+bytes/4)
	off := -int(uintptr(unsafe.Pointer(&list[0]))) & (bytes - 1)
	return list[off/4:][:n:n]
}
