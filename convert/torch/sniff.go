package torch

import (
	"io"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/filetype"
	"github.com/mixconv/mixconv/internal/regular"
	"github.com/mixconv/mixconv/limit"
)

// sniffFile tells a file's format by its content, and where that fits none, by
// its name: then the format's reader says what is wrong.
func sniffFile(path string, lim limit.Limits) (Format, error) {
	f, size, err := regular.Open(path, lim.FileBytes)
	if err != nil {
		return "", err
	}
	defer f.Close()
	format, err := sniff(path, f, size)
	return format, errs.InFile(path, err)
}

func sniff(path string, r io.ReaderAt, size int64) (Format, error) {
	named := func(suffix string) bool { return strings.HasSuffix(strings.ToLower(path), suffix) }
	t := filetype.Of(r, size)
	switch t.Kind {
	case filetype.TorchZip:
		return Pth, nil
	case filetype.Npz:
		return Npz, nil
	case filetype.Zip:
		if named(".npz") {
			return Npz, nil
		}
		return Pth, nil
	case filetype.Npy:
		return Npy, nil
	case filetype.Pickle:
		return LegacyPth, nil
	case filetype.Safetensors:
		return Safetensors, nil
	case filetype.SafetensorIndex:
		return Sharded, nil
	case filetype.JSON:
		if named(indexSuffix) {
			return Sharded, nil
		}
	case filetype.Unknown:
		switch {
		case named(".safetensors"):
			return Safetensors, nil
		case named(npySuffix):
			return Npy, nil
		}
		head := make([]byte, min(size, 8))
		if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
			return "", errs.FormatAt(0, "", "cannot read: %w", err)
		}
		return "", errs.FormatAt(0, "", "begins with % x, allowed are zip archives, PyTorch pickles and safetensors", head)
	}
	return "", t.Mistaken("weights of PyTorch")
}
