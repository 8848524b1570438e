package torch

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/regular"
	"github.com/mixconv/mixconv/limit"
)

// mistaken are the files that get mistaken for weights, by how they begin.
var mistaken = []struct{ magic, kind string }{
	{"\x1f\x8b", "gzip-compressed data"},
	{"\x89HDF\r\n\x1a\n", "an HDF5 file"},
	{"version ", "a git-lfs pointer: the file itself was not downloaded (git lfs pull)"},
	{"<!", "an HTML page"},
	{"<html", "an HTML page"},
	{"<?xml", "an XML document"},
}

// sniffFile tells a file's format by its first bytes, and by its name where
// they fit several or none.
func sniffFile(path string, lim limit.Limits) (Format, error) {
	f, size, err := regular.Open(path, lim.FileBytes)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head := make([]byte, min(size, 64))
	if _, err := io.ReadFull(f, head); err != nil {
		return "", errs.InFile(path, err)
	}
	format, err := sniff(path, head, size)
	return format, errs.InFile(path, err)
}

func sniff(path string, head []byte, size int64) (Format, error) {
	named := func(suffix string) bool { return strings.HasSuffix(strings.ToLower(path), suffix) }
	switch {
	case len(head) == 0:
		return "", errs.FormatAt(0, "", "the file is empty")
	case named(indexSuffix):
		return Sharded, nil
	case bytes.HasPrefix(head, []byte("PK")) && named(".npz"):
		return Npz, nil
	case bytes.HasPrefix(head, []byte("PK")):
		return Pth, nil
	case bytes.HasPrefix(head, []byte("\x93NUMPY")), named(npySuffix):
		return Npy, nil
	case len(head) > 1 && head[0] == 0x80 && head[1] < ' ':
		return LegacyPth, nil
	case isSafetensors(head, size):
		return Safetensors, nil
	}
	for _, m := range mistaken {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return "", errs.FormatAt(0, "", "%s", m.kind)
		}
	}
	switch { // whose readers say what is wrong
	case named(".safetensors"):
		return Safetensors, nil
	case named(".npz"):
		return Npz, nil
	}
	return "", errs.FormatAt(0, "", "begins with %s, allowed are zip archives, PyTorch pickles and safetensors", firstBytes(head))
}

// isSafetensors reports whether a file begins with a length that it has room
// for and a JSON object.
func isSafetensors(head []byte, size int64) bool {
	return len(head) > 8 && head[8] == '{' && binary.LittleEndian.Uint64(head) <= uint64(size)
}

func firstBytes(head []byte) string { return fmt.Sprintf("% x", head[:min(len(head), 8)]) }
