package filetype

import (
	"bytes"
	"encoding/binary"
	"io"
)

// A signature says that files of a type have magic at an offset.
type signature struct {
	offset int
	magic  string
	Type
}

// signatures are looked through in this order.
var signatures = []signature{
	{0, "\xff\xd8", Type{JPEG, "a JPEG picture"}},
	{0, "\x89PNG\r\n\x1a\n", Type{PNG, "a PNG picture"}},
	{0, "\x89PNG", Type{Foreign, "a PNG picture damaged by a transfer as text"}},
	{0, "GIF8", Type{Foreign, "a GIF picture"}},
	{8, "WEBP", Type{Foreign, "a WebP picture"}},
	{0, "II*\x00", Type{Foreign, "a TIFF picture"}},
	{0, "MM\x00*", Type{Foreign, "a TIFF picture"}},
	{4, "ftypavif", Type{Foreign, "an AVIF picture"}},
	{4, "ftyphei", Type{Foreign, "a HEIC picture"}},
	{4, "ftypmif1", Type{Foreign, "a HEIC picture"}},
	{4, "ftyp", Type{Foreign, "a video"}},
	{8, "AVI ", Type{Foreign, "a video"}},
	{0, "\xff\x0a", Type{Foreign, "a JPEG XL picture"}},
	{4, "JXL ", Type{Foreign, "a JPEG XL picture"}},
	{4, "jP  ", Type{Foreign, "a JPEG 2000 picture"}},
	{0, "8BPS", Type{Foreign, "a Photoshop file"}},
	{0, "%PDF", Type{Foreign, "a PDF document"}},

	{0, "\x93NUMPY", Type{Npy, "a NumPy array (.npy)"}},
	{0, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", Type{Pickle, "a file of PyTorch weights (pickles)"}},
	{0, "\x89HDF\r\n\x1a\n", Type{Keras, "an HDF5 file (a Keras .h5?)"}},
	{4, "TFL3", Type{Foreign, "a TensorFlow Lite model"}},
	{4, "ORTM", Type{Foreign, "an ONNX Runtime .ort model"}},
	{4, "ET12", Type{Foreign, "an ExecuTorch program (.pte)"}},
	{0, "GGUF", Type{Foreign, "a GGUF model (llama.cpp)"}},
	{0, "lmgg", Type{Foreign, "a GGML model (llama.cpp)"}},
	{0, "tjgg", Type{Foreign, "a GGML model (llama.cpp)"}},
	{0, "7767517\n", Type{Foreign, "an ncnn model"}},
	{0, "\x12\x01\x00\x00\x00\x00\x00\x00", Type{Foreign, "parameters of MXNet"}},
	{0, "PAR1", Type{Foreign, "a Parquet table"}},
	{0, "ARROW1", Type{Foreign, "an Arrow table"}},
	{0, "SQLite format 3\x00", Type{Foreign, "an SQLite database"}},
	{0, "MATLAB 5.0 MAT-file", Type{Foreign, "a MATLAB file"}},

	{0, "PK\x05\x06", Type{Zip, "an empty zip archive"}},
	{0, "\x1f\x8b", Type{Packed, "gzip-compressed data"}},
	{0, "BZh", Type{Packed, "bzip2-compressed data"}},
	{0, "\xfd7zXZ\x00", Type{Packed, "xz-compressed data"}},
	{0, "7z\xbc\xaf\x27\x1c", Type{Packed, "a 7-Zip archive"}},
	{0, "\x28\xb5\x2f\xfd", Type{Packed, "zstd-compressed data"}},
	{0, "\x04\x22\x4d\x18", Type{Packed, "lz4-compressed data"}},
	{0, "Rar!", Type{Packed, "a RAR archive"}},
	{257, "ustar", Type{Packed, "a tar archive"}},
	{0, "\x7fELF", Type{Foreign, "a program"}},
	{0, "\xcf\xfa\xed\xfe", Type{Foreign, "a program"}},
	{0, "MZ\x90\x00", Type{Foreign, "a program"}},
}

// ofMagic goes by the signatures.
func ofMagic(head []byte, _ io.ReaderAt, _ int64) Type {
	for _, s := range signatures {
		if len(head) >= s.offset && bytes.HasPrefix(head[s.offset:], []byte(s.magic)) {
			return s.Type
		}
	}
	// A bitmap's two letters may begin a text, too: its header's size is 40 and more.
	if bytes.HasPrefix(head, []byte("BM")) && len(head) > 18 && head[14] >= 12 && bytes.Equal(head[15:18], []byte{0, 0, 0}) {
		return Type{Foreign, "a BMP picture"}
	}
	if len(head) > 2 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5 {
		return Type{Pickle, "a Python pickle"}
	}
	return Type{}
}

// ofBinary goes by what there is no signature for.
func ofBinary(head []byte, r io.ReaderAt, size int64) Type {
	if len(head) > 8 && head[8] == '{' && binary.LittleEndian.Uint64(head) <= uint64(size-8) {
		return Type{Safetensors, "a safetensors file"}
	}
	if t := ofProtobuf(head); t.Kind != Unknown {
		return t
	}
	// An SSTable ends with this number, table_format.h of LevelDB.
	const sstable = 0xdb4775248b80fb57
	var tail [8]byte
	if n, _ := r.ReadAt(tail[:], size-8); n == 8 && binary.LittleEndian.Uint64(tail[:]) == sstable {
		return Type{CheckpointIndex, "the index of a TensorFlow checkpoint"}
	}
	if bytes.Contains(head[:min(len(head), 64)], []byte("brain.Event:")) {
		return Type{Foreign, "a log of TensorBoard"}
	}
	if len(bytes.Trim(head, "\x00")) == 0 {
		return Type{NotFetched, "a file of zero bytes (an incomplete download?)"}
	}
	return Type{}
}
