package onnx

import (
	"fmt"
	"unsafe"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
)

// Stored is a tensor of float32 elements that OpenFile has left in the file.
type Stored struct {
	Shape tensor.Shape

	file          *storedFile
	offset, bytes int64
}

// Stored tells where tp's elements are if they are still in the model's file,
// else it returns nil.
func (m *Model) Stored(tp *onnxpb.TensorProto) *Stored {
	if len(tp.GetRawData()) > 0 {
		return nil // the caller's own
	}
	return m.stored[tp]
}

// Read fills dst with the elements from number first on. It is safe for
// goroutines.
func (s *Stored) Read(dst []float32, first int) error {
	return s.file.read(bytesOf(dst), s.offset+4*int64(first))
}

// describe takes the shape from tp and reports whether tp is nothing but
// the elements that were cut out of it.
func (s *Stored) describe(tp *onnxpb.TensorProto, lim limit.Limits) bool {
	l, err := layoutOf(nil, tp, s, lim.TensorBytes)
	s.Shape = l.shape
	return err == nil && l.place == stored
}

// read fills data from offset on with what the file had when it was opened.
func (f *storedFile) read(data []byte, offset int64) error {
	_, err := f.ReadAt(data, offset)
	if changed := f.changed(); changed != nil {
		err = changed
	}
	if err != nil {
		return fmt.Errorf("reading weights: %w", err)
	}
	return nil
}

// bytesOf is list as it lies in memory.
func bytesOf(list []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(list))), 4*len(list))
}

// embedded returns the model's message with all that is still in the file.
func (m *Model) embedded() (*onnxpb.ModelProto, error) {
	if len(m.stored) == 0 {
		return m.Proto, nil
	}
	p, g := shallow(m.Proto), shallow(m.Proto.GetGraph())
	p.Graph, g.Initializer = g, nil
	for _, tp := range m.Proto.GetGraph().GetInitializer() {
		if s := m.Stored(tp); s != nil {
			tp = shallow(tp)
			tp.RawData = make([]byte, s.bytes)
			if err := s.file.read(tp.RawData, s.offset); err != nil {
				return nil, err
			}
		}
		g.Initializer = append(g.Initializer, tp)
	}
	return p, nil
}
