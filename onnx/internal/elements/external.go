package elements

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx/internal/fieldpath"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// External is where in which file beside the model a tensor's bytes are.
type External struct {
	Location string // a plain relative path: see checkLocation
	Offset   int64
}

// readExternal reads tp's external_data and compares its length with the
// dimensions. Keys that it does not know are left alone.
func (l *Layout) readExternal(path *fieldpath.Path, tp *onnxpb.TensorProto) error {
	if l.DType.Bits() == 0 {
		return path.Field("external_data").Errorf("%s elements cannot be external", l.DType)
	}
	e, length := External{}, int64(-1)
	seen := map[string]bool{}
	for i, entry := range tp.GetExternalData() {
		at := path.Named("external_data", i, entry.GetKey())
		if seen[entry.GetKey()] {
			return at.Errorf("given twice")
		}
		seen[entry.GetKey()] = true
		var err error
		switch entry.GetKey() {
		case "location":
			e.Location = entry.GetValue()
			err = checkLocation(e.Location)
		case "offset":
			e.Offset, err = decimal(entry.GetValue())
		case "length":
			length, err = decimal(entry.GetValue())
		}
		if err != nil {
			return at.Errorf("%w", err)
		}
	}
	if !seen["location"] {
		return path.Field("external_data").Errorf("no location")
	}
	if length >= 0 && length != l.Bytes {
		return path.Field("external_data").Errorf("length %d, allowed %d for %s %s", length, l.Bytes, l.DType, l.Shape)
	}
	if e.Offset+l.Bytes < 0 {
		return path.Field("external_data").Errorf("offset %d and length %d overflow", e.Offset, l.Bytes)
	}
	l.External = e
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

// checkLocation refuses what is not a plain relative path with forward
// slashes, the same on every system.
func checkLocation(location string) error {
	drive := len(location) > 1 && location[1] == ':'
	switch {
	case location == "":
		return errors.New("empty, allowed is a file name relative to the model's folder")
	case strings.ContainsRune(location, 0):
		return fmt.Errorf("%s contains a NUL byte", errs.Quote(location))
	case strings.Contains(location, `\`):
		return fmt.Errorf("%s contains a backslash, allowed are forward slashes", errs.Quote(location))
	case strings.HasPrefix(location, "/"), drive, strings.Contains(location, "://"):
		return fmt.Errorf("%s is absolute, allowed is a path relative to the model's folder", errs.Quote(location))
	}
	for element := range strings.SplitSeq(location, "/") {
		if element == ".." {
			return fmt.Errorf("%s contains .., allowed is a path inside the model's folder", errs.Quote(location))
		}
	}
	return nil
}
