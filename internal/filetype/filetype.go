package filetype

import (
	"bytes"
	"io"
	"os"

	"github.com/mixconv/mixconv/errs"
)

// Kind is a file format, or several that are the same to all readers here.
type Kind int

// The kinds. Those from JPEG on some reader here takes.
const (
	Unknown     Kind = iota // nothing that is known
	Empty                   // no bytes at all
	Foreign                 // a format that is known and that nothing here reads
	Packed                  // compressed, or an archive: tar, gzip …
	Zip                     // a zip archive of other things, or one that is cut off
	NotFetched              // stands for a file that was not downloaded
	Keras                   // HDF5 or Keras' own zip archive
	TorchScript             // a PyTorch program with its weights
	Text                    // text of no other kind
	JSON
	JPEG
	PNG
	ONNX
	Npy      // a NumPy array
	Npz      // a zip archive of NumPy arrays
	TorchZip // what torch.save writes
	Pickle   // a Python pickle: torch.save before PyTorch 1.6
	Safetensors
	SafetensorIndex // JSON that names the shards of safetensors
	CheckpointIndex // the .index file of a TensorFlow checkpoint
	CheckpointState // TensorFlow's file named checkpoint
	SavedModel      // saved_model.pb
	GraphDef        // a TensorFlow graph
	Folder
)

// Type is what a file was found to be.
type Type struct {
	Kind Kind
	Name string // with its article: "a JPEG picture"; "" for Unknown
}

// Error is the type as the cause of an error: a file is something else than
// what was asked for.
type Error struct{ Type Type }

func (e *Error) Error() string { return e.Type.Name }

// headBytes is how much of a file's start is looked at.
const headBytes = 512

// Of returns what the size bytes in r are: Unknown also if they cannot be read, which r's
// reader says.
func Of(r io.ReaderAt, size int64) Type {
	head := make([]byte, max(0, min(size, headBytes)))
	if n, err := r.ReadAt(head, 0); n < len(head) && err != nil {
		if err != io.EOF {
			return Type{}
		}
		head = head[:n]
	}
	if len(head) == 0 {
		return Type{Empty, "an empty file"}
	}
	for _, find := range []func([]byte, io.ReaderAt, int64) Type{ofZip, ofMagic, ofText, ofBinary} {
		if t := find(head, r, size); t.Kind != Unknown {
			return t
		}
	}
	return Type{}
}

// OfBytes returns what data is.
func OfBytes(data []byte) Type { return Of(bytes.NewReader(data), int64(len(data))) }

// OfFile returns what the file or folder at path is: Unknown also where there is
// none, or it is a device or a pipe, or may not be read: its reader says so.
func OfFile(path string) Type {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return Type{}
	case info.IsDir():
		return ofFolder(path)
	case !info.Mode().IsRegular():
		return Type{}
	}
	f, err := os.Open(path)
	if err != nil {
		return Type{}
	}
	defer f.Close()
	return Of(f, info.Size())
}

// Mistaken returns the error for a file of this type that was taken for want,
// which has its article: "an ONNX model". It is nil if the type is not known.
func (t Type) Mistaken(want string) error {
	switch t.Kind {
	case Unknown:
		return nil
	case Empty:
		return errs.FormatAt(0, "", "not %s: the file is empty", want)
	}
	return errs.Format("", "not %s: this is %w", want, &Error{t})
}
