package model

import (
	"context"

	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/serve/internal/oip"
	"github.com/mixconv/mixconv/serve/internal/schedule"
	"github.com/mixconv/mixconv/tensor"
)

// Classify says what is on an encoded picture. Pictures are decoded no more at a time
// than decoding has room for.
func (m *Model) Classify(ctx context.Context, decoding chan struct{}, data []byte, top int) ([]preprocess.Class, error) {
	if m.classifier == nil {
		return nil, oip.Errorf(oip.Unimplemented, "the model takes no pictures: %s", oip.AsError(m.pictures).Msg)
	}
	name, input, err := m.prepare(ctx, decoding, data)
	if err != nil {
		return nil, err
	}
	r := &oip.Request{Outputs: []oip.Wanted{{Name: m.classifier.Output()}}}
	if err := r.Add(name, input); err != nil {
		return nil, err
	}
	answer, err := m.Infer(ctx, r)
	if err != nil {
		return nil, err
	}
	return m.classifier.Rank(answer.Outputs[0].Tensor, top)
}

// prepare makes an input of an encoded picture. As many may wait for that as may wait in
// the queue: the others are refused.
func (m *Model) prepare(ctx context.Context, decoding chan struct{}, data []byte) (name string, input *tensor.Tensor, err error) {
	defer m.preparing.Add(-1)
	if m.preparing.Add(1) > int64(m.options.Queue) {
		m.Stats.refused()
		return "", nil, refusal(&schedule.Full{})
	}
	select {
	case decoding <- struct{}{}:
	case <-ctx.Done():
		return "", nil, ctx.Err()
	}
	name, input, err = m.classifier.Input(data)
	<-decoding
	if err != nil {
		return "", nil, pictureError(err)
	}
	return name, input, nil
}

// pictureError is an error of a picture: it is the caller's, whatever it says.
func pictureError(err error) error {
	e := *oip.AsError(err)
	if e.Code == oip.Unimplemented {
		e.Code = oip.Invalid
	}
	return &e
}
