package filetype

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/internal/zipfile"
)

// mostNames is how many of an archive's or a folder's members are looked at.
const mostNames = 1000

// ofZip goes by the names of the members: those of the central directory, or
// where the archive is cut off that of the first member.
func ofZip(head []byte, r io.ReaderAt, size int64) Type {
	if !bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return Type{}
	}
	names, err := zipfile.Names(r, size, mostNames)
	whole := err == nil && len(names) > 0
	if !whole {
		names = firstName(head)
	}
	base := func(want string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return path.Base(n) == want })
	}
	end := func(suffix string) func(string) bool {
		return func(n string) bool { return strings.HasSuffix(n, suffix) }
	}
	switch {
	case base("data.pkl") && (base("constants.pkl") || slices.ContainsFunc(names, isCode)):
		return Type{TorchScript, "a TorchScript program"}
	case base("data.pkl"):
		return Type{TorchZip, "a file of PyTorch weights (.pth)"}
	case base("model.weights.h5"):
		return Type{Keras, "a Keras model (.keras)"}
	case base("archive_format"):
		return Type{Foreign, "a program of torch.export (.pt2)"}
	case slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, "MAR-INF/") }):
		return Type{Packed, "an archive of TorchServe (.mar)"}
	case slices.ContainsFunc(names, end(".npy")) && !slices.ContainsFunc(names, func(n string) bool { return !strings.HasSuffix(n, ".npy") }):
		return Type{Npz, "an archive of NumPy arrays (.npz)"}
	case !whole:
		return Type{Zip, "a zip archive that is cut off"}
	}
	return Type{Zip, "a zip archive"}
}

// isCode reports whether a member is a part of a TorchScript program.
func isCode(name string) bool {
	return strings.Contains(name, "/code/") && strings.HasSuffix(name, ".py")
}

// firstName is the name in the local header that an archive begins with.
func firstName(head []byte) []string {
	const header = 30
	if len(head) < header {
		return nil
	}
	n := int(binary.LittleEndian.Uint16(head[26:]))
	return []string{string(head[header:min(len(head), header+n)])}
}

// ofFolder goes by the names in it.
func ofFolder(folder string) Type {
	t := Type{Folder, "a folder"}
	f, err := os.Open(folder)
	if err != nil {
		return t
	}
	defer f.Close()
	names, _ := f.Readdirnames(mostNames)
	has := func(suffix string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.HasSuffix(n, suffix) })
	}
	switch {
	case slices.Contains(names, "saved_model.pb"):
		t.Name = "a folder with a SavedModel"
	case has(".index"):
		t.Name = "a folder with a TensorFlow checkpoint"
	case slices.Contains(names, "Manifest.json") && slices.Contains(names, "Data"):
		t.Name = "a folder with a Core ML package"
	case has(".safetensors"), has(".pth"), has(".pt"), has("pytorch_model.bin"), has(".npy"):
		t.Name = "a folder with weights"
	case has(".onnx"):
		t.Name = "a folder with an ONNX model"
	}
	return t
}
