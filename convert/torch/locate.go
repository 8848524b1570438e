package torch

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
)

// The names that Hugging Face's libraries give files in a model's folder.
const (
	hubSafetensors = "model.safetensors"
	hubIndex       = "model.safetensors.index.json"
	hubPickle      = "pytorch_model.bin"
	hubConfig      = "config.json"

	indexSuffix = ".safetensors.index.json"
	npySuffix   = ".npy"
)

// hubWeights are the names of weights, the preferred one first.
var hubWeights = []string{hubSafetensors, hubIndex, hubPickle}

// weightSuffixes are those of files with weights that a folder may have one of.
var weightSuffixes = []string{".safetensors", indexSuffix, ".pth", ".pt", ".bin", ".npz", ".pth.tar", ".ckpt"}

// source is where weights are.
type source struct {
	path   string // of the file, or of the folder of .npy files
	format Format
	config string   // path of config.json, "" if there is none
	arrays []string // names of the .npy files
}

// locate finds out what path is.
func locate(path string, lim limit.Limits) (*source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return locateInFolder(path, lim)
	}
	s := &source{path: path}
	if slices.Contains(hubWeights, filepath.Base(path)) {
		s.findConfig(filepath.Dir(path))
	}
	s.format, err = sniffFile(path, lim)
	return s, err
}

func (s *source) findConfig(folder string) {
	config := filepath.Join(folder, hubConfig)
	if _, err := os.Stat(config); err == nil {
		s.config = config
	}
}

// locateInFolder finds the weights in a folder: the file that Hugging Face's
// libraries would take, or the only one, or .npy files.
func locateInFolder(folder string, lim limit.Limits) (*source, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var weights, arrays []string
	for _, e := range entries { // sorted by name
		name := e.Name()
		switch {
		case e.IsDir():
		case strings.HasSuffix(name, npySuffix):
			arrays = append(arrays, name)
		case slices.ContainsFunc(weightSuffixes, func(suffix string) bool { return strings.HasSuffix(name, suffix) }):
			weights = append(weights, name)
		}
	}
	for _, name := range hubWeights {
		if slices.Contains(weights, name) {
			return locate(filepath.Join(folder, name), lim)
		}
	}
	switch {
	case len(weights) == 1 && len(arrays) == 0:
		s, err := locate(filepath.Join(folder, weights[0]), lim)
		if err == nil {
			s.findConfig(folder)
		}
		return s, err
	case len(weights) == 0 && len(arrays) > 0:
		s := &source{path: folder, format: NpyFolder, arrays: arrays}
		s.findConfig(folder)
		return s, nil
	}
	return nil, errs.InFile(folder, errs.Format("", "%d files with weights and %d .npy files, allowed is one file of weights, or .npy files alone",
		len(weights), len(arrays)))
}
