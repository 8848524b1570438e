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
// The file stays open as long as the model is in use. If it has been written to
// meanwhile, reading is an error; that it was replaced or removed, where the
// system allows that of an open file, does no harm.
func OpenFile(path string, lim limit.Limits) (*Model, error) {
	f, info, folder, err := open(path)
	if err != nil {
		return nil, err
	}
	if littleEndian && info.Mode().IsRegular() && info.Size() <= lim.OrDefault().FileBytes {
		if m, err := decodeStored(path, newStoredFile(f, info), storedBytes, lim); err == nil {
			if m.files = folder; m.stored == nil {
				f.Close()
			}
			return m, nil
		} // what is wrong is found again below, with its place in the file
	}
	defer f.Close()
	return read(path, f, info, folder, lim)
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
}

// newStoredFile is the file f, whose Stat is info.
func newStoredFile(f *os.File, info fs.FileInfo) *storedFile {
	return &storedFile{f, info.Size(), func() error {
		now, err := f.Stat()
		if err == nil && (now.Size() != info.Size() || !now.ModTime().Equal(info.ModTime())) {
			err = errors.New("the file has changed since it was opened")
		}
		return err
	}}
}

func (m *Model) keepStored(tp *onnxpb.TensorProto, s *Stored) {
	if m.stored == nil {
		m.stored = map[*onnxpb.TensorProto]*Stored{}
	}
	m.stored[tp] = s
}
