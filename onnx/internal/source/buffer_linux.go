package source

import "golang.org/x/sys/unix"

// Buffer returns n bytes that are only needed for a while. Outside the heap they
// are gone at release, before the weights are packed: a program's peak memory
// is smaller by a model.
func Buffer(n int) (data []byte, release func()) {
	data, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return make([]byte, n), func() {}
	}
	return data, func() { unix.Munmap(data) } // of what Mmap gave: cannot fail
}
