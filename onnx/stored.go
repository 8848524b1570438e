package onnx

import (
	"fmt"
	"io"

	"github.com/mixconv/mixconv/onnx/internal/cut"
	"github.com/mixconv/mixconv/onnx/internal/elements"
	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
)

// Stored is a tensor of float32 elements that OpenFile has left in the file.
type Stored struct {
	Shape tensor.Shape

	file          storage
	offset, bytes int64
}

// storage is a model's file. Its ReadAt is safe for goroutines, and an error if the
// file has been written to since it was opened.
type storage interface {
	io.ReaderAt
	io.Closer
}

// Stored tells where tp's elements are if they are still in the model's file,
// else it returns nil.
func (m *Model) Stored(tp *onnxpb.TensorProto) *Stored {
	if len(tp.GetRawData()) > 0 {
		return nil // the caller's own
	}
	return m.stored[tp]
}

// Bytes is how many bytes the elements take in the file, 0 for nil.
func (s *Stored) Bytes() int64 {
	if s == nil {
		return 0
	}
	return s.bytes
}

// Read fills dst with the elements from number first on. It is safe for
// goroutines.
func (s *Stored) Read(dst []float32, first int) error {
	return s.read(elements.BytesOf(dst), 4*int64(first))
}

// read fills data from an offset in the elements on.
func (s *Stored) read(data []byte, offset int64) error {
	if _, err := s.file.ReadAt(data, s.offset+offset); err != nil {
		return fmt.Errorf("reading weights: %w", err)
	}
	return nil
}

// whole reads all elements.
func (s *Stored) whole() ([]byte, error) {
	data := make([]byte, s.bytes)
	return data, s.read(data, 0)
}

// Close gives back what OpenFile holds. Weights that are still in the file cannot be
// read afterwards; other models need no Close.
func (m *Model) Close() error {
	if m.file == nil {
		return nil
	}
	return m.file.Close()
}

// attach notes where in file the elements of initializers are, by the number of the
// initializer. What is not float32 is read at once. If nothing is left to be read, file
// is closed.
func (m *Model) attach(file storage, pieces map[int]cut.Piece) error {
	for i, tp := range m.Proto.GetGraph().GetInitializer() {
		at, ok := pieces[i]
		if !ok {
			continue
		}
		s := &Stored{file: file, offset: at.Offset, bytes: at.Bytes}
		l, err := elements.LayoutOf(nil, tp, s.bytes, m.limits.TensorBytes)
		if err != nil || l.Place != elements.Stored {
			if tp.RawData, err = s.whole(); err != nil {
				return err
			}
			continue
		}
		s.Shape = l.Shape
		if m.stored == nil {
			m.file, m.stored = file, map[*onnxpb.TensorProto]*Stored{}
		}
		m.stored[tp] = s
	}
	if m.stored == nil {
		return file.Close()
	}
	return nil
}

// embedded returns the model's message with all that is still in the file.
func (m *Model) embedded() (*onnxpb.ModelProto, error) {
	if len(m.stored) == 0 {
		return m.Proto, nil
	}
	p, g := message.Shallow(m.Proto), message.Shallow(m.Proto.GetGraph())
	p.Graph, g.Initializer = g, nil
	for _, tp := range m.Proto.GetGraph().GetInitializer() {
		if s := m.Stored(tp); s != nil {
			tp = message.Shallow(tp)
			var err error
			if tp.RawData, err = s.whole(); err != nil {
				return nil, err
			}
		}
		g.Initializer = append(g.Initializer, tp)
	}
	return p, nil
}
