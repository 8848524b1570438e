package torch

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/convert/torch/internal/pth"
	"github.com/mixconv/mixconv/convert/torch/internal/safetensors"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/regular"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/tensor"
)

// read reads those of the weights that choose chooses.
func (s *source) read(lim limit.Limits, choose chooser) (*Checkpoint, error) {
	switch s.format {
	case NpyFolder, Sharded:
		gather := s.readFolder
		if s.format == Sharded {
			gather = s.readShards
		}
		c, err := gather(lim)
		if err != nil {
			return nil, err
		}
		return c, c.take(plain(c.Tensors), choose)
	}
	f, size, err := regular.Open(s.path, lim.FileBytes)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all, err := decode(s.format, s.path, f, size, lim)
	if err != nil {
		return nil, err
	}
	c := &Checkpoint{}
	if err := c.take(all, choose); err != nil {
		return nil, err
	}
	sum := sha256.New()
	if err := addFile(sum, f, size); err != nil {
		return nil, err
	}
	c.SHA256 = hexSum(sum)
	return c, nil
}

// decode reads a file of size bytes.
func decode(format Format, path string, r io.ReaderAt, size int64, lim limit.Limits) (*contents, error) {
	switch format {
	case Pth, LegacyPth:
		f, err := pth.Open(r, size, lim)
		if err != nil {
			return nil, err
		}
		return pickled(f)
	case Npy:
		return decodeArray(path, r, size, lim)
	case Safetensors:
		tensors, texts, err := decodeSafetensors(r, size, lim)
		c := plain(tensors)
		c.claims = claimsOfTexts(texts)
		return c, err
	}
	arrays, err := npy.DecodeArchive(r, size, lim)
	if err != nil {
		return nil, err
	}
	var tensors []Named
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		tensors = append(tensors, Named{name, arrays[name]})
	}
	return plain(tensors), nil
}

// decodeArray reads a single array, which has its file's name.
func decodeArray(path string, r io.ReaderAt, size int64, lim limit.Limits) (*contents, error) {
	data := make([]byte, size)
	if _, err := r.ReadAt(data, 0); err != nil {
		return nil, err
	}
	t, err := npy.Read(path, data, lim)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSuffix(filepath.Base(path), npySuffix)
	return plain([]Named{{name, t}}), nil
}

// decodeSafetensors returns the tensors, and the texts about them.
func decodeSafetensors(r io.ReaderAt, size int64, lim limit.Limits) ([]Named, map[string]string, error) {
	f, err := safetensors.Open(r, size, lim)
	if err != nil {
		return nil, nil, err
	}
	tensors := make([]Named, 0, len(f.Tensors))
	for _, info := range f.Tensors {
		t, err := f.Load(info)
		if err != nil {
			return nil, nil, err
		}
		tensors = append(tensors, Named{info.Name, t})
	}
	return tensors, f.Metadata, nil
}

// readFolder reads a folder of .npy files.
func (s *source) readFolder(lim limit.Limits) (*Checkpoint, error) {
	c := &Checkpoint{}
	sum := sha256.New()
	left := lim.TotalBytes
	for _, name := range s.arrays {
		data, err := s.readArray(name, lim, left)
		if err != nil {
			return nil, err
		}
		left -= int64(len(data))
		sum.Write(data)
		t, err := npy.Read(filepath.Join(s.path, name), data, lim)
		if err != nil {
			return nil, err
		}
		parameter := strings.TrimSuffix(name, npySuffix)
		if parameter == "" {
			return nil, errs.InFile(filepath.Join(s.path, name), errs.Format("", "not the .npy file of a parameter"))
		}
		c.Tensors = append(c.Tensors, Named{parameter, t})
		c.Files = append(c.Files, filepath.Join(s.path, name))
	}
	c.SHA256 = hexSum(sum)
	return c, nil
}

func (s *source) readArray(name string, lim limit.Limits, left int64) ([]byte, error) {
	f, size, err := openIn(s.path, name, nil, lim)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	path := filepath.Join(s.path, name)
	if size > left {
		return nil, errs.InFile(path, errs.Format("", "the folder's arrays have more than the %d bytes allowed", lim.TotalBytes))
	}
	return readWhole(f, size, path)
}

// addFile adds a file's bytes to a sum.
func addFile(sum hash.Hash, f *os.File, size int64) error {
	_, err := io.Copy(sum, io.NewSectionReader(f, 0, size))
	return err
}

func hexSum(sum hash.Hash) string { return hex.EncodeToString(sum.Sum(nil)) }

// bytesOf is what tensors take, each stored one once.
func bytesOf(tensors []Named) int64 {
	var total int64
	for _, t := range tensors {
		_, bytes, _ := tensor.Size(t.Tensor.DType, t.Tensor.Shape)
		total += bytes
	}
	return total
}
