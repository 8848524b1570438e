package onnx

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// OpenFile is ReadFile that leaves large float32 initializers in the file: their
// raw_data in Proto is empty, and Stored, Tensor, Encode and EmbedData read it.
// The file is mapped, not kept open, until Close or until the model is not in use any
// more (on systems other than Unix it stays open so long). If it has been written to
// or cut off meanwhile, reading is an error; that it was replaced or removed does no
// harm.
func OpenFile(path string, lim limit.Limits) (*Model, error) {
	f, info, folder, err := open(path)
	if err != nil {
		return nil, err
	}
	if littleEndian && info.Size() <= lim.OrDefault().FileBytes {
		if m, err := openStored(path, f, info, lim); err == nil {
			m.files = folder
			return m, nil
		} // what is wrong is found again below, with its place in the file
	}
	f.Close()
	return ReadFile(path, lim)
}

// openStored takes over f, whose Stat is info, if there is no error.
func openStored(path string, f *os.File, info fs.FileInfo, lim limit.Limits) (*Model, error) {
	file := &storedFile{ReaderAt: f, size: info.Size(), changed: func() error { return changed(path, info) }}
	m, err := decodeStored(path, file, storedBytes, lim)
	if err != nil {
		return nil, err
	}
	if m.stored == nil {
		f.Close()
		return m, nil
	}
	held, err := hold(f, info)
	if err != nil {
		return nil, err
	}
	file.ReaderAt, file.close = held, held.Close
	return m, nil
}

// storedBytes is from what size on elements are left in the file: below, it
// takes less to copy them than to come back.
const storedBytes = 8 << 10

// decodeStored decodes the model in f without the elements of initializers
// that have as many bytes as least or more.
func decodeStored(path string, f *storedFile, least int64, lim limit.Limits) (*Model, error) {
	data, release := buffer(int(f.size))
	defer release() // decoding copies
	c := cutter{source: window{file: f}, least: least, out: data[:0]}
	if err := c.message(0, f.size, initializerData); err != nil {
		return nil, err
	}
	m, err := Decode(path, c.out, lim)
	if err != nil {
		return nil, err
	}
	for i, tp := range m.Proto.GetGraph().GetInitializer() {
		at, ok := c.cuts[i]
		if !ok {
			continue
		}
		s := &Stored{file: f, offset: at.offset, bytes: at.bytes}
		if s.describe(tp, m.limits) {
			m.keepStored(tp, s)
			continue
		}
		tp.RawData = make([]byte, at.bytes)
		if err := f.read(tp.RawData, at.offset); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// storedFile is a model's file.
type storedFile struct {
	io.ReaderAt
	size    int64
	changed func() error // says so if it is not what it was
	close   func() error
}

// holder reads on a file that is not open any more, or need not be.
type holder interface {
	io.ReaderAt
	io.Closer
}

var errModelClosed = errors.New("the model is closed")

// changed says so if the file at path, whose Stat was was, has been written to. If
// the name is another file's by now, or nobody's, whoever did that has not written to
// this one, as far as anybody can tell.
func changed(path string, was fs.FileInfo) error {
	now, err := os.Stat(path)
	if err == nil && os.SameFile(was, now) && (now.Size() != was.Size() || !now.ModTime().Equal(was.ModTime())) {
		return errors.New("the file has changed since it was opened")
	}
	return nil
}

// Close gives back what OpenFile holds. Weights that are still in the file cannot be
// read afterwards; other models need no Close.
func (m *Model) Close() error {
	for _, s := range m.stored {
		return s.file.close() // all are in one
	}
	return nil
}

func (m *Model) keepStored(tp *onnxpb.TensorProto, s *Stored) {
	if m.stored == nil {
		m.stored = map[*onnxpb.TensorProto]*Stored{}
	}
	m.stored[tp] = s
}
