package onnx

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// signatures are the files that get mistaken for models, by how they begin.
var signatures = []struct {
	offset int
	magic  string
	kind   string
}{
	{0, "PK\x03\x04", "a zip archive (a PyTorch .pth, a NumPy .npz?)"},
	{0, "PK\x05\x06", "an empty zip archive"},
	{0, "\x1f\x8b", "gzip-compressed data"},
	{0, "BZh", "bzip2-compressed data"},
	{0, "\xfd7zXZ\x00", "xz-compressed data"},
	{0, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive"},
	{0, "\x28\xb5\x2f\xfd", "zstd-compressed data"},
	{0, "Rar!", "a RAR archive"},
	{257, "ustar", "a tar archive"},
	{0, "\x93NUMPY", "a NumPy array (.npy)"},
	{0, "\x89HDF\r\n\x1a\n", "an HDF5 file (a Keras .h5?)"},
	{4, "TFL3", "a TensorFlow Lite model"},
	{4, "ORTM", "an ONNX Runtime .ort model"},
	{0, "\x7fELF", "an executable"},
	{0, "\x89PNG", "a PNG picture"},
	{0, "\xff\xd8\xff", "a JPEG picture"},
	{0, "%PDF", "a PDF document"},
	{0, "\x80\x02", "a Python pickle (an old PyTorch file?)"},
	{0, "\x80\x03", "a Python pickle"},
	{0, "\x80\x04", "a Python pickle"},
	{0, "\x80\x05", "a Python pickle"},
}

// sniff names what data is if it is a well-known format other than ONNX.
func sniff(data []byte) string {
	for _, s := range signatures {
		if len(data) >= s.offset && bytes.HasPrefix(data[s.offset:], []byte(s.magic)) {
			return s.kind
		}
	}
	if kind := sniffText(data); kind != "" {
		return kind
	}
	if len(data) > 8 && binary.LittleEndian.Uint64(data) <= uint64(len(data)-8) && data[8] == '{' {
		return "a safetensors file"
	}
	if isGraphDef(data) {
		return "a TensorFlow graph (a frozen GraphDef)"
	}
	if bytes.HasPrefix(data, []byte("\x08\x01\x12")) { // schema version 1, then a MetaGraphDef
		return "a TensorFlow SavedModel"
	}
	if allZero(data) {
		return "a file of zero bytes (an incomplete download?)"
	}
	return ""
}

func sniffText(data []byte) string {
	head := data[:min(len(data), 512)]
	line, _, _ := bytes.Cut(head, []byte("\n"))
	if bytes.HasPrefix(line, []byte("version ")) && bytes.Contains(line, []byte("git-lfs")) {
		return "a git-lfs pointer: the file itself was not downloaded (git lfs pull)"
	}
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	switch {
	case bytes.HasPrefix(text, []byte("<!doctype html")), bytes.HasPrefix(text, []byte("<html")):
		return "an HTML page"
	case bytes.HasPrefix(text, []byte("<?xml")):
		return "an XML document"
	case bytes.HasPrefix(text, []byte("{")), bytes.HasPrefix(text, []byte("[")):
		return "JSON or similar text"
	case bytes.HasPrefix(text, []byte("ir_version:")),
		bytes.HasPrefix(text, []byte("<")) && bytes.Contains(text, []byte("ir_version")):
		return "ONNX as text: only the binary form is read"
	}
	return ""
}

func allZero(data []byte) bool {
	for _, b := range data {
		if b != 0 {
			return false
		}
	}
	return true
}

// isGraphDef reports whether data begins with a NodeDef that has a name and an
// operator, which no ONNX file does: its field 1 is a number.
func isGraphDef(data []byte) bool {
	num, typ, n := protowire.ConsumeTag(data)
	if n < 0 || num != 1 || typ != protowire.BytesType {
		return false
	}
	node, n := protowire.ConsumeBytes(data[n:])
	if n < 0 {
		return false
	}
	for want := protowire.Number(1); want <= 2; want++ {
		num, typ, n := protowire.ConsumeTag(node)
		if n < 0 || num != want || typ != protowire.BytesType {
			return false
		}
		text, size := protowire.ConsumeBytes(node[n:])
		if size < 0 || len(text) == 0 || !utf8.Valid(text) {
			return false
		}
		node = node[n+size:]
	}
	return true
}
