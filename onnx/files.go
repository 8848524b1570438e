package onnx

import (
	"maps"
	"path/filepath"
	"slices"

	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// DataFiles lists the files with the model's external data, sorted, as paths
// beside Name.
func (m *Model) DataFiles() []string {
	files := map[string]bool{}
	_ = message.EachTensor(m.Proto, func(tp *onnxpb.TensorProto) error {
		for _, entry := range tp.GetExternalData() {
			if entry.GetKey() == "location" {
				files[filepath.Join(filepath.Dir(m.name), filepath.FromSlash(entry.GetValue()))] = true
			}
		}
		return nil
	})
	return slices.Sorted(maps.Keys(files))
}

// EmbedData moves all external data into the model, and what OpenFile left in
// its file, which then depends on no file.
func (m *Model) EmbedData() error {
	p, err := m.embedded()
	if err != nil {
		return m.inFile(err)
	}
	m.Proto, m.stored = p, nil
	err = message.EachTensor(m.Proto, func(tp *onnxpb.TensorProto) error {
		if tp.GetDataLocation() != onnxpb.TensorProto_EXTERNAL {
			return nil
		}
		path := tensorPath(tp)
		l, err := m.layoutOf(path, tp)
		if err != nil {
			return err
		}
		if tp.RawData, err = m.readBeside(path, &l); err != nil {
			return err
		}
		tp.ExternalData, tp.DataLocation = nil, nil
		return nil
	})
	return m.inFile(err)
}
