package onnx

import (
	"io"
	"io/fs"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx/internal/cut"
	"github.com/mixconv/mixconv/onnx/internal/decode"
	"github.com/mixconv/mixconv/onnx/internal/elements"
	"github.com/mixconv/mixconv/onnx/internal/source"
	"github.com/mixconv/mixconv/tensor"
)

// OpenFile is ReadFile that leaves large float32 initializers in the file: their
// raw_data in Proto is empty, and Stored, Tensor, Encode and EmbedData read it.
// The file is mapped, not kept open, until Close or until the model is not in use any
// more (on systems other than Unix it stays open so long). If it has been written to
// or cut off meanwhile, reading is an error; that it was replaced or removed does no
// harm.
func OpenFile(path string, lim limit.Limits) (*Model, error) {
	f, err := source.Open(path)
	if err != nil {
		return nil, err
	}
	lim = lim.OrDefault()
	if elements.LittleEndian && f.Size() <= lim.FileBytes {
		if m, err := openStored(f, lim); err == nil {
			return m, nil
		} // what is wrong is found again below, with its place in the file
	}
	f.Close()
	return ReadFile(path, lim)
}

// openStored takes over f if there is no error.
func openStored(f *source.File, lim limit.Limits) (*Model, error) {
	m, pieces, err := decodeCut(f.Name, f, f.Size(), storedBytes, lim)
	if err != nil {
		return nil, err
	}
	m.files = f.Folder
	if len(pieces) == 0 {
		f.Close()
		return m, nil
	}
	held, err := f.Hold()
	if err != nil {
		return nil, err
	}
	if err := m.attach(held, pieces); err != nil {
		held.Close()
		return nil, err
	}
	return m, nil
}

// storedBytes is from what size on elements are left in the file: below, it
// takes less to copy them than to come back.
const storedBytes = 8 << 10

// decodeCut decodes the model in r without the elements of initializers that have as
// many bytes as least or more, and returns where these are.
func decodeCut(name string, r io.ReaderAt, size, least int64, lim limit.Limits) (*Model, map[int]cut.Piece, error) {
	buffer, release := source.Buffer(int(size))
	defer release() // decoding copies
	data, pieces, err := cut.Copy(buffer[:0], r, size, least)
	if err != nil {
		return nil, nil, err
	}
	m, err := Decode(name, data, lim)
	return m, pieces, err
}

// ReadFile reads the model at path. Its external data is read later, when
// Tensor asks for it, from path's folder and nowhere else. If path is a
// symbolic link, files in the real file's folder are reachable as well, as the
// Hugging Face cache needs it.
func ReadFile(path string, lim limit.Limits) (*Model, error) {
	f, err := source.Open(path)
	if err != nil {
		return nil, err
	}
	return readWhole(f, lim)
}

// ReadFS reads the model at path in fsys. Its external data is read from the
// same file system, below path's folder. Whether links lead out of it is
// fsys's matter.
func ReadFS(fsys fs.FS, name string, lim limit.Limits) (*Model, error) {
	f, err := source.OpenFS(fsys, name)
	if err != nil {
		return nil, err
	}
	return readWhole(f, lim)
}

// readWhole reads all of f and closes it.
func readWhole(f *source.File, lim limit.Limits) (*Model, error) {
	defer f.Close()
	data, release, err := f.ReadAll(lim.OrDefault().FileBytes)
	if err != nil {
		return nil, errs.InFile(f.Name, err)
	}
	defer release() // decoding copies
	m, err := Decode(f.Name, data, lim)
	if err != nil {
		return nil, err
	}
	m.files = f.Folder
	return m, nil
}

// Decode decodes an ONNX file's bytes; name stands for it in errors. The bytes
// must be well-formed and have a graph: whether that is a valid model is
// package check's matter. A model decoded this way has no external data: ReadFile and
// ReadFS do.
//
// Nodes that are not in topological order are sorted, as runtimes do it; those
// that form a cycle stay as they are. Unknown fields are kept and written again by
// Encode. The decoded model keeps at most 64 MiB plus 8 times the size of data alive;
// data that would take more is refused before anything is allocated.
func Decode(name string, data []byte, lim limit.Limits) (*Model, error) {
	lim = lim.OrDefault()
	if int64(len(data)) > lim.FileBytes {
		return nil, errs.InFile(name, source.TooLarge(int64(len(data)), lim.FileBytes))
	}
	p, err := decode.Model(data, lim)
	if err != nil {
		return nil, errs.InFile(name, err)
	}
	return &Model{Proto: p, name: name, limits: lim}, nil
}

// ReadTensorFS reads a file in fsys that is one TensorProto and nothing else.
// Its elements are in the file: external data is an error.
func ReadTensorFS(fsys fs.FS, name string, lim limit.Limits) (*tensor.Tensor, error) {
	f, err := source.OpenFS(fsys, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, release, err := f.ReadAll(lim.OrDefault().FileBytes)
	if err != nil {
		return nil, errs.InFile(name, err)
	}
	defer release() // decoding copies
	return DecodeTensor(name, data, lim)
}

// DecodeTensor decodes a TensorProto's bytes; name stands for them in errors.
func DecodeTensor(name string, data []byte, lim limit.Limits) (*tensor.Tensor, error) {
	m := &Model{name: name, limits: lim.OrDefault()}
	tp, err := decode.Tensor(data, m.limits)
	if err != nil {
		return nil, m.inFile(err)
	}
	return m.Tensor(tp)
}
