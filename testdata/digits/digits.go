// Package digits holds a MixNet that was really trained: mixnet-s with depth
// multiplier 0.25 on the UCI handwritten digits, by TensorFlow 2.21 running the
// official code for 1,600 steps. Beside the checkpoint it has the 360 held-out
// digits, and TensorFlow's own logits for them, with averaged weights and with
// raw ones.
package digits

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/tensor"
)

// ImageSize is the height and width of the network's pictures; a digit has 8.
const ImageSize = 64

//go:embed checkpoint model.ckpt-1600.index model.ckpt-1600.data-00000-of-00001 io.npz
var files embed.FS

// WriteTo writes the checkpoint's files into folder.
func WriteTo(folder string) error {
	return fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == arrays {
			return err
		}
		data, err := files.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(folder, path), data, 0o600)
	})
}

const arrays = "io.npz"

// Set is the held-out part of the data, and what TensorFlow computed of it.
type Set struct {
	Input     *tensor.Tensor // float32 [n,3,64,64], as the network takes it
	Labels    []int64        // the digit on each picture
	LogitsEMA *tensor.Tensor // float32 [n,10], with moving averages of the weights
	LogitsRaw *tensor.Tensor // with the weights as they were at the last step
}

// HeldOut returns the digits that training did not see.
func HeldOut() (*Set, error) {
	data, err := files.ReadFile(arrays)
	if err != nil {
		return nil, err
	}
	a, err := npy.DecodeArchive(bytes.NewReader(data), int64(len(data)), limit.Limits{})
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"input", "label", "logits_ema", "logits_raw"} {
		if a[name] == nil {
			return nil, fmt.Errorf("digits: no array %s", name)
		}
	}
	return &Set{
		Input:     enlarge(a["input"]),
		Labels:    tensor.Data[int64](a["label"]),
		LogitsEMA: a["logits_ema"],
		LogitsRaw: a["logits_raw"],
	}, nil
}

// enlarge turns digits [n,8,8] of 0 to 16 into pictures of -1 to 1: every pixel
// repeated 8 by 8 times, in three equal channels.
func enlarge(digits *tensor.Tensor) *tensor.Tensor {
	const size, scale = 8, ImageSize / 8
	n := digits.Shape[0]
	pictures := tensor.New(tensor.Float32, n, 3, ImageSize, ImageSize)
	src, dst := tensor.Data[uint8](digits), tensor.Data[float32](pictures)
	for i := range dst {
		x, y, picture := i%ImageSize, i/ImageSize%ImageSize, i/(3*ImageSize*ImageSize)
		v := src[(picture*size+y/scale)*size+x/scale]
		dst[i] = float32(v)/8 - 1
	}
	return pictures
}
