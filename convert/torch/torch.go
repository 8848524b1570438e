package torch

import (
	"strings"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/tensor"
)

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
	File       string // that the weights are in: Read's path, or what it found in that folder
	Dictionary string // that was taken of a trainer's checkpoint, such as "state_dict_ema"; "" for the whole file
	Averages   bool   // the weights are averages of those of training's steps
	Prefix     string // that stood before every name and was cut, such as "module."

	Fits   []string // known networks that the tensors fit
	Said   string   // the one of them that the file, or a config.json beside it, names; "" if neither does
	SaidAt string   // where it does, such as "args.model"
	Config *Config  // of a Hugging Face folder, nil without one
	SHA256 string   // of the files with weights in them: see Read

	Files []string // all that were read, as paths
}

// Read reads the weights at path: a .pth (or .pt, .bin), .safetensors or .npz
// file, the .index.json of sharded safetensors, a folder of .npy files named
// after the parameters (or one such file), or a folder with one of the others
// in it. What a file is, its first bytes decide.
//
// Of a trainer's checkpoint Read takes the dictionary whose tensors fit a known
// network, under whatever keys, and cuts what wrappers have put before every
// name ("module.", "model."). Of o it looks at EMA, Key, Prefix and Limits. Where there are averages of the weights too, as
// their key or prefix says, o.EMA chooses. Of several that fit alike o.Key and
// o.Prefix choose, or the first is taken. If none fits, Read takes the
// dictionary that trainers put weights in. What else is in the checkpoint is not
// read.
//
// The SHA-256 is that of the file; of sharded weights that of the index
// followed by the shards in the order of their names; of a folder of .npy
// files that of the files in the order of their names.
func Read(path string, o convert.Options) (*Checkpoint, error) {
	completed, err := complete(o)
	if err != nil {
		return nil, err
	}
	return read(path, completed, completed.choose)
}

// options are those of a conversion, with the point that ends a prefix.
type options convert.Options

func complete(o convert.Options) (options, error) {
	o, err := o.ForReading()
	if o.Prefix != "" && !strings.HasSuffix(o.Prefix, ".") {
		o.Prefix += "."
	}
	return options(o), err
}

// chooser chooses a set of tensors of a file.
type chooser func(*contents) (*candidate, error)

// read reads the weights at path that choose chooses.
func read(path string, o options, choose chooser) (*Checkpoint, error) {
	s, err := locate(path, o.Limits)
	if err != nil {
		return nil, err
	}
	var config *Config
	if s.config != "" {
		if config, err = readConfig(s.config); err != nil {
			return nil, err
		}
	}
	c, err := s.read(o.Limits, func(all *contents) (*candidate, error) {
		all.config = config
		return choose(all)
	})
	if err != nil {
		return nil, errs.InFile(s.path, err)
	}
	if len(c.Tensors) == 0 {
		return nil, errs.InFile(s.path, errs.Format("", "no tensors"))
	}
	c.File, c.Format, c.Config = s.path, s.format, config
	if c.Files == nil {
		c.Files = []string{s.path}
	}
	if s.config != "" {
		c.Files = append(c.Files, s.config)
	}
	return c, nil
}

// take fills in what choose takes of a file.
func (c *Checkpoint) take(all *contents, choose chooser) error {
	chosen, err := choose(all)
	if err != nil {
		return err
	}
	c.Dictionary, c.Prefix, c.Averages = chosen.dictionary.key, chosen.prefix, chosen.averages
	c.Fits = networkNames(chosen.networks)
	if said, _ := heard(all.said(), chosen.networks); said != nil {
		c.Said, c.SaidAt = said.name, said.where
	}
	c.Tensors, err = all.load(chosen.entries)
	return err
}
