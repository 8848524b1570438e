package kernel

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// advise asks for large pages; that it may fail does no harm.
func advise(list []float32) {
	unix.Madvise(unsafe.Slice((*byte)(unsafe.Pointer(&list[0])), 4*len(list)), unix.MADV_HUGEPAGE)
}
