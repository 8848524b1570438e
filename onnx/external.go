package onnx

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx/internal/fieldpath"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// external is where in which file a tensor's bytes are.
type external struct {
	location string
	offset   int64
	length   int64 // -1: not given
}

// readExternal reads tp's external_data and compares its length with the
// dimensions. Keys that it does not know are left alone.
func (l *layout) readExternal(path *fieldpath.Path, tp *onnxpb.TensorProto) error {
	if l.dtype.Bits() == 0 {
		return errs.Format(path.Field("external_data").String(), "%s elements cannot be external", l.dtype)
	}
	e := external{length: -1}
	seen := map[string]bool{}
	for i, entry := range tp.GetExternalData() {
		at := path.Named("external_data", i, entry.GetKey())
		if seen[entry.GetKey()] {
			return errs.Format(at.String(), "given twice")
		}
		seen[entry.GetKey()] = true
		var err error
		switch entry.GetKey() {
		case "location":
			e.location = entry.GetValue()
			err = checkLocation(e.location)
		case "offset":
			e.offset, err = decimal(entry.GetValue())
		case "length":
			e.length, err = decimal(entry.GetValue())
		}
		if err != nil {
			return errs.Format(at.String(), "%w", err)
		}
	}
	if !seen["location"] {
		return errs.Format(path.Field("external_data").String(), "no location")
	}
	if e.length >= 0 && e.length != l.bytes {
		return errs.Format(path.Field("external_data").String(), "length %d, allowed %d for %s %s", e.length, l.bytes, l.dtype, l.shape)
	}
	if e.offset+l.bytes < 0 {
		return errs.Format(path.Field("external_data").String(), "offset %d and length %d overflow", e.offset, l.bytes)
	}
	l.external = e
	return nil
}

// decimal parses digits and nothing else.
func decimal(s string) (int64, error) {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%s, allowed is a decimal number", errs.Quote(s))
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s, allowed is a decimal number below 2^63", errs.Quote(s))
	}
	return n, nil
}

// readOutside reads the bytes of a tensor with external data. Nothing is
// allocated before the file is known to have them.
func (m *Model) readOutside(path *fieldpath.Path, l *layout) ([]byte, error) {
	at := path.Field("external_data").String()
	if m.files == nil {
		return nil, errs.Format(at, "%w", errNoFolder)
	}
	f, size, err := m.files.open(l.external.location)
	if err != nil {
		return nil, errs.Format(at, "%w", err)
	}
	defer f.Close()
	if l.external.offset+l.bytes > size {
		return nil, errs.Format(at, "offset %d and length %d, but %s has %d bytes",
			l.external.offset, l.bytes, errs.Quote(l.external.location), size)
	}
	data := make([]byte, l.bytes)
	if err := skip(f, l.external.offset); err != nil {
		return nil, errs.Format(at, "%s: %w", errs.Quote(l.external.location), err)
	}
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, errs.Format(at, "%s: %w", errs.Quote(l.external.location), err)
	}
	return data, nil
}

var errNoFolder = errors.New("the model was not read from a folder, so it has no external data")
