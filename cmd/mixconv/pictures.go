package main

import (
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/verify"
)

// preparePictures reads pictures and prepares them as m's metadata says.
func preparePictures(m *onnx.Model, paths []string) ([]verify.Picture, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	config, err := preprocess.FromMetadata(preprocessing(m))
	if err != nil {
		return nil, errs.InFile(m.Name(), err)
	}
	var list []verify.Picture
	for _, path := range paths {
		p, err := config.ReadFile(path, limit.Limits{})
		if err != nil {
			return nil, err
		}
		stages, err := config.Run(p)
		if err != nil {
			return nil, errs.InFile(path, err)
		}
		list = append(list, verify.Picture{Path: path, Stages: stages})
	}
	return list, nil
}

// preprocessing looks up m's metadata. Where that does not say whose
// preprocessing it is, a network of PyTorch's has PyTorch's, and mean and
// standard deviation, which then stand there in 0…255, are brought to 0…1.
func preprocessing(m *onnx.Model) func(string) (string, bool) {
	network, _ := m.Metadata(convert.MetaNetwork)
	n, err := convert.Named(network)
	_, told := m.Metadata(preprocess.KeyKind)
	if told || err != nil || n.Naming == convert.Official {
		return m.Metadata
	}
	return func(key string) (string, bool) {
		value, ok := m.Metadata(key)
		switch key {
		case preprocess.KeyKind:
			return string(preprocess.Torch), true
		case preprocess.KeyMean, preprocess.KeyStd:
			return unitRange(value), ok
		}
		return value, ok
	}
}

// unitRange divides a list of numbers by 255; what is no number stays.
func unitRange(list string) string {
	parts := strings.Split(list, ",")
	for i, part := range parts {
		if v, err := strconv.ParseFloat(part, 64); err == nil {
			parts[i] = strconv.FormatFloat(v/255, 'g', 12, 64)
		}
	}
	return strings.Join(parts, ",")
}
