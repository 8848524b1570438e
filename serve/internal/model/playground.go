package model

import (
	"context"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/internal/playground"
	"github.com/mixconv/mixconv/onnx"
)

// Playground describes the model for the page on which pictures are tried. One that takes
// none is not ok.
func (m *Model) Playground() (about playground.Info, ok bool) {
	if m.classifier == nil {
		return about, false
	}
	return playground.Info{
		Name: m.Name, Size: m.classifier.Preprocessing().Size, Classes: append([]string{}, m.Labels...), Metadata: m.session.Metadata().Props,
	}, true
}

// OpenPlayground opens the model's file once more, as the page wants it: in both forms and
// with values visible.
func (m *Model) OpenPlayground(ctx context.Context) (*playground.Model, error) {
	file, err := onnx.OpenFile(m.file.Name(), m.options.Limits)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return playground.Open(file, mixconv.ClassifierOptions{Options: mixconv.Options{Threads: 1, Limits: m.options.Limits, Context: ctx}})
}
