package elements

import (
	"encoding/binary"
	"unsafe"
)

// LittleEndian says that this machine lays out float32 elements as raw_data does.
var LittleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// floatsIn returns data as the float32 elements that it holds where this
// machine would lay them out alike: weights are most of a model, and a copy of
// them is a copy of it.
func floatsIn(data []byte) ([]float32, bool) {
	if len(data) == 0 || len(data)%4 != 0 || uintptr(unsafe.Pointer(&data[0]))%4 != 0 || !LittleEndian {
		return nil, false
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&data[0])), len(data)/4), true
}

// BytesOf is list as it lies in memory.
func BytesOf(list []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(list))), 4*len(list))
}
