package main

import (
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
	config, err := preprocess.FromMetadata(m.Metadata)
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
