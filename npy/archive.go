package npy

import (
	"archive/zip"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/filetype"
	"github.com/mixconv/mixconv/internal/regular"
	"github.com/mixconv/mixconv/internal/zipfile"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

const suffix = ".npy"

// firstDay is the first that zip knows.
var firstDay = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// ReadArchive reads every array of a .npz archive, by its name without ".npy".
// Names are never used as paths.
func ReadArchive(path string, lim limit.Limits) (map[string]*tensor.Tensor, error) {
	f, size, err := regular.Open(path, lim.OrDefault().FileBytes)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	arrays, err := DecodeArchive(f, size, lim)
	return arrays, errs.InFile(path, err)
}

// DecodeArchive reads a .npz archive of size bytes from r.
func DecodeArchive(r io.ReaderAt, size int64, lim limit.Limits) (map[string]*tensor.Tensor, error) {
	arrays, err := decodeArchive(r, size, lim)
	if err == nil {
		return arrays, nil
	}
	switch t := filetype.Of(r, size); t.Kind {
	case filetype.Unknown, filetype.Npz, filetype.Zip:
		return nil, err
	default:
		return nil, t.Mistaken("NumPy arrays (.npz)")
	}
}

func decodeArchive(r io.ReaderAt, size int64, lim limit.Limits) (map[string]*tensor.Tensor, error) {
	archive, err := zipfile.Open(r, size, lim)
	if err != nil {
		return nil, err
	}
	arrays := make(map[string]*tensor.Tensor, len(archive.Members))
	for _, m := range archive.Members {
		name, ok := strings.CutSuffix(m.Name, suffix)
		if !ok || name == "" {
			return nil, errs.Format("zip member "+errs.Quote(m.Name), "not the .npy file of an array")
		}
		t, err := decode(archive.Open(m), m.Size, lim)
		if err != nil {
			return nil, inMember(m.Name, err)
		}
		arrays[name] = t
	}
	return arrays, nil
}

// inMember names the member in an error about the file in it. Its offset is
// one in the unpacked member.
func inMember(name string, err error) error {
	e, ok := err.(*errs.FormatError)
	if !ok || strings.HasPrefix(e.Field, "zip member ") {
		return err
	}
	field := "zip member " + errs.Quote(name)
	if e.Offset >= 0 {
		field += fmt.Sprintf(" offset %#x", e.Offset)
	}
	if e.Field != "" {
		field += ": " + e.Field
	}
	return &errs.FormatError{Offset: -1, Field: field, Msg: e.Msg, Err: e.Err}
}

// WriteArchive writes m as numpy.savez does: uncompressed, here sorted by name
// and without times, so that the same arrays give the same bytes.
func WriteArchive(w io.Writer, m map[string]*tensor.Tensor) error {
	z := zip.NewWriter(w)
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if why := zipfile.BadName(name, limit.Limits{}); why != "" {
			return errs.Format("array "+errs.Quote(name), "the name %s", why)
		}
		header := &zip.FileHeader{Name: name + suffix, Method: zip.Store, Modified: firstDay}
		f, err := z.CreateHeader(header)
		if err != nil {
			return err
		}
		if err := Write(f, m[name]); err != nil {
			return errs.Format("array "+errs.Quote(name), "%w", err)
		}
	}
	return z.Close()
}
