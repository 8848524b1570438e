// Package torch reads weights that PyTorch trained, without Python: state_dicts
// in .pth files, .safetensors files (in one piece or sharded), .npz archives
// and folders of .npy files.
//
// Read gives the tensors as the file has them, with their element types and
// PyTorch's names. No code in a file is run: see package
// convert/torch/internal/pickle.
package torch

import (
	"fmt"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

// Options says what to read.
type Options struct {
	EMA    string // "auto" or "": averages where there are some; "on": they must be there; "off": never
	Limits limit.Limits
}

// Format says what kind of file the weights come from.
type Format string

// The formats that Read knows.
const (
	NpyFolder   Format = "folder of .npy files"
	Npy         Format = ".npy file"
	Npz         Format = ".npz archive"
	Pth         Format = "PyTorch zip archive"
	LegacyPth   Format = "PyTorch legacy pickle"
	Safetensors Format = "safetensors"
	Sharded     Format = "sharded safetensors"
)

// Named is a tensor with its name.
type Named struct {
	Name   string
	Tensor *tensor.Tensor
}

// Checkpoint is what Read found.
type Checkpoint struct {
	// Tensors have different names. They are in the file's order; in that of
	// their names where the file is an archive or a folder of arrays.
	Tensors []Named

	Format     Format
	File       string  // that the weights are in: Read's path, or what it found in that folder
	Dictionary string  // that was taken of a trainer's checkpoint, such as "state_dict_ema"; "" for the whole file
	Averages   bool    // the dictionary is one of exponential moving averages
	Prefix     string  // that stood before every name and was cut, such as "module."
	Config     *Config // of a Hugging Face folder, nil without one
	SHA256     string  // of the files with weights in them: see Read

	Files []string // all that were read, as paths
}

// Read reads the weights at path: a .pth (or .pt, .bin), .safetensors or .npz
// file, the .index.json of sharded safetensors, a folder of .npy files named
// after the parameters (or one such file), or a folder with one of the others
// in it. What a file is, its first bytes decide.
//
// Of a trainer's checkpoint Read takes the averages that are under
// "state_dict_ema" or "model_ema" (unless o.EMA says otherwise), or else the
// weights under "state_dict" or "model". Prefixes that wrappers put before
// every name ("module.", "_orig_mod.") are cut. What else is in the checkpoint
// is not read.
//
// The SHA-256 is that of the file; of sharded weights that of the index
// followed by the shards in the order of their names; of a folder of .npy
// files that of the files in the order of their names.
func Read(path string, o Options) (*Checkpoint, error) {
	o.Limits = o.Limits.OrDefault()
	if o.EMA == "" {
		o.EMA = "auto"
	}
	if o.EMA != "auto" && o.EMA != "on" && o.EMA != "off" {
		return nil, fmt.Errorf("averages: %s, allowed auto, on and off", errs.Quote(o.EMA))
	}
	s, err := locate(path, o.Limits)
	if err != nil {
		return nil, err
	}
	c, err := s.read(o)
	if err != nil {
		return nil, errs.InFile(s.path, err)
	}
	if len(c.Tensors) == 0 {
		return nil, errs.InFile(s.path, errs.Format("", "no tensors"))
	}
	if o.EMA == "on" && !c.Averages {
		return nil, errs.InFile(s.path, noAverages())
	}
	c.File, c.Format = s.path, s.format
	if c.Files == nil {
		c.Files = []string{s.path}
	}
	if s.config != "" {
		if c.Config, err = readConfig(s.config); err != nil {
			return nil, err
		}
		c.Files = append(c.Files, s.config)
	}
	c.cutPrefixes()
	return c, nil
}
