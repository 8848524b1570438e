package safetensors

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/mixconv/mixconv/convert/torch/internal/rawdata"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

const (
	prefixBytes = 8           // length of the header
	maxHeader   = 100_000_000 // as the format's own reader allows
)

// Info describes a tensor.
type Info struct {
	Name       string
	DType      tensor.DType
	Shape      tensor.Shape
	begin, end int64 // of its bytes, behind the header
}

func (t *Info) field() string { return "tensor " + errs.Quote(t.Name) }

// File is a file whose header has been read and agrees with its size.
type File struct {
	Tensors  []Info            // in the order of their bytes
	Metadata map[string]string // texts about the file
	data     int64             // offset of the first tensor
	r        io.ReaderAt
}

// Open reads the header of the size bytes in r.
func Open(r io.ReaderAt, size int64, lim limit.Limits) (*File, error) {
	lim = lim.OrDefault()
	if size < prefixBytes {
		return nil, errs.FormatAt(0, "", "%d bytes, a safetensors file begins with %d for its header's length", size, prefixBytes)
	}
	var prefix [prefixBytes]byte
	if err := readAt(r, prefix[:], 0); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint64(prefix[:])
	if length > maxHeader || length > uint64(size-prefixBytes) {
		return nil, errs.FormatAt(0, "header length", "%d, allowed %d and what the file has left (%d)", length, maxHeader, size-prefixBytes)
	}
	header := make([]byte, length)
	if err := readAt(r, header, prefixBytes); err != nil {
		return nil, err
	}
	tensors, said, err := parseHeader(header, prefixBytes, lim)
	if err != nil {
		return nil, err
	}
	f := &File{Tensors: tensors, Metadata: said, data: prefixBytes + int64(length), r: r}
	return f, f.checkLayout(size-f.data, lim)
}

// checkLayout sorts the tensors by their place and checks that they fill the
// data without holes and overlaps.
func (f *File) checkLayout(size int64, lim limit.Limits) error {
	slices.SortStableFunc(f.Tensors, func(a, b Info) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	var at int64
	for i := range f.Tensors {
		t := &f.Tensors[i]
		if t.begin != at {
			return errs.FormatAt(f.data+at, t.field(), "data_offsets begin at %d, the tensor before ends at %d: holes and overlaps are not allowed", t.begin, at)
		}
		if at = t.end; at > size {
			return errs.FormatAt(f.data+t.begin, t.field(), "data_offsets end at %d, but there are %d bytes of data", t.end, size)
		}
	}
	if at != size {
		return errs.FormatAt(f.data+at, "", "%d bytes after the last tensor", size-at)
	}
	if size > lim.TotalBytes {
		return errs.FormatAt(f.data, "", "%d bytes of data, allowed %d", size, lim.TotalBytes)
	}
	return nil
}

// Load reads one of f.Tensors.
func (f *File) Load(t Info) (*tensor.Tensor, error) {
	data := make([]byte, t.end-t.begin)
	if err := readAt(f.r, data, f.data+t.begin); err != nil {
		return nil, err
	}
	loaded, err := rawdata.Decode(t.DType, t.Shape, data, binary.LittleEndian)
	if err != nil {
		return nil, errs.FormatAt(f.data+t.begin, t.field(), "%w", err)
	}
	return loaded, nil
}

func readAt(r io.ReaderAt, p []byte, at int64) error {
	if n, err := r.ReadAt(p, at); n < len(p) {
		return errs.FormatAt(at, "", "cannot read %d bytes: %w", len(p), err)
	}
	return nil
}

// dtypes has the element types by their names in a header.
var dtypes = map[string]tensor.DType{
	"BOOL": tensor.Bool,
	"U8":   tensor.Uint8, "U16": tensor.Uint16, "U32": tensor.Uint32, "U64": tensor.Uint64,
	"I8": tensor.Int8, "I16": tensor.Int16, "I32": tensor.Int32, "I64": tensor.Int64,
	"F16": tensor.Float16, "BF16": tensor.BFloat16, "F32": tensor.Float32, "F64": tensor.Float64,
	"F8_E4M3": tensor.Float8E4M3FN, "F8_E5M2": tensor.Float8E5M2, "F8_E8M0": tensor.Float8E8M0,
	"F8_E4M3FNUZ": tensor.Float8E4M3FNUZ, "F8_E5M2FNUZ": tensor.Float8E5M2FNUZ,
	"C64": tensor.Complex64,
}

// check compares shape, element type and offsets.
func (t *Info) check(dtype string, dims []int64, lim limit.Limits) error {
	var ok bool
	if t.DType, ok = dtypes[dtype]; !ok {
		return fmt.Errorf("dtype is %s, allowed are those of whole bytes", errs.Quote(dtype))
	}
	_, want, err := tensor.Size(t.DType, dims)
	if err != nil {
		return fmt.Errorf("shape: %w", err)
	}
	t.Shape = make(tensor.Shape, len(dims))
	for i, d := range dims {
		if t.Shape[i] = int(d); int64(t.Shape[i]) != d {
			return fmt.Errorf("shape: dimension %d is %d, which does not fit in memory", i, d)
		}
	}
	if t.begin > t.end || t.end-t.begin != want {
		return fmt.Errorf("shape %s of %s takes %d bytes, data_offsets are %d to %d", t.Shape, t.DType, want, t.begin, t.end)
	}
	if want > lim.TensorBytes {
		return fmt.Errorf("%d bytes, allowed %d", want, lim.TensorBytes)
	}
	return nil
}
