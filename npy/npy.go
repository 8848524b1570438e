package npy

import (
	"bytes"
	"io"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/filetype"
	"github.com/mixconv/mixconv/internal/regular"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

// Read parses a .npy file that is in memory; name is for errors.
func Read(name string, data []byte, lim limit.Limits) (*tensor.Tensor, error) {
	t, err := decode(bytes.NewReader(data), int64(len(data)), lim)
	return t, errs.InFile(name, mistaken(err, bytes.NewReader(data), int64(len(data))))
}

// ReadFile reads a .npy file.
func ReadFile(path string, lim limit.Limits) (*tensor.Tensor, error) {
	f, size, err := regular.Open(path, lim.OrDefault().FileBytes)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := decode(f, size, lim)
	return t, errs.InFile(path, mistaken(err, f, size))
}

// mistaken says what a file is that is no array for the reason err.
func mistaken(err error, r io.ReaderAt, size int64) error {
	if err == nil {
		return nil
	}
	if t := filetype.Of(r, size); t.Kind != filetype.Unknown && t.Kind != filetype.Npy {
		return t.Mistaken("a NumPy array (.npy)")
	}
	return err
}

// decode reads a .npy file of exactly size bytes.
func decode(r io.Reader, size int64, lim limit.Limits) (*tensor.Tensor, error) {
	lim = lim.OrDefault()
	h, start, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	elements, want, err := tensor.Size(h.dtype, h.shape)
	if err != nil {
		return nil, errs.FormatAt(start, "shape", "%w", err)
	}
	if have := size - start; want != have {
		return nil, errs.FormatAt(start, "data", "shape %v of %s takes %d bytes, the file has %d", h.shape, h.dtype, want, have)
	}
	if want > lim.TensorBytes {
		return nil, errs.FormatAt(start, "data", "%d bytes, allowed %d", want, lim.TensorBytes)
	}
	return readData(r, h, int(elements), want, start)
}
