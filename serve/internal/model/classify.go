package model

import (
	"context"

	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/serve/internal/oip"
)

// Classify says what is on an encoded picture. Pictures are decoded no more at a time
// than decoding has room for.
func (m *Model) Classify(ctx context.Context, decoding chan struct{}, data []byte, top int) ([]preprocess.Class, error) {
	if m.classifier == nil {
		return nil, oip.Errorf(oip.Unimplemented, "the model takes no pictures: %s", oip.AsError(m.pictures).Msg)
	}
	select {
	case decoding <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	name, input, err := m.classifier.Input(data)
	<-decoding
	if err != nil {
		return nil, pictureError(err)
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

// pictureError is an error of a picture: it is the caller's, whatever it says.
func pictureError(err error) error {
	e := *oip.AsError(err)
	if e.Code == oip.Unimplemented {
		e.Code = oip.Invalid
	}
	return &e
}
