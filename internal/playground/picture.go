package playground

import (
	"context"
	"math"
	"time"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
)

// finite is v as JSON can have it: null if v is NaN or infinite.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// Stage is a step of preprocessing.
type Stage struct {
	Name   string  `json:"name"`
	DType  string  `json:"dtype"`
	Shape  []int   `json:"shape"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	Image  string  `json:"image"` // a PNG as a data URI, of every few pixels if it is large
	Height int     `json:"height"`
	Width  int     `json:"width"`
}

// Forms compares the two forms of mixed depthwise convolutions.
type Forms struct {
	SplitMS float64  `json:"split_ms"`
	FusedMS float64  `json:"fused_ms"`
	MaxAbs  *float64 `json:"max_abs"` // largest difference of an output; null if it is no number
}

// Result is what a model makes of a picture.
type Result struct {
	Top    []mixconv.Class `json:"top"`
	MS     float64         `json:"ms"`         // of inference
	PrepMS float64         `json:"prepare_ms"` // of decoding and preprocessing
	Stages []Stage         `json:"stages"`
	Forms  *Forms          `json:"forms"`  // null without mixed convolutions
	Layers []*Layer        `json:"layers"` // the mixed convolutions
}

// Run classifies an encoded picture, and says how. It returns the k likeliest classes.
func (p *Model) Run(ctx context.Context, data []byte, k int, lim limit.Limits) (*Result, error) {
	start := time.Now()
	picture, err := p.Preprocessing().Decode(data, lim)
	if err != nil {
		return nil, err
	}
	stages, err := p.Preprocessing().Run(picture)
	if err != nil {
		return nil, err
	}
	r := &Result{PrepMS: millis(start), Layers: []*Layer{}}
	for _, s := range stages {
		one, err := describeStage(s)
		if err != nil {
			return nil, err
		}
		r.Stages = append(r.Stages, one)
	}
	start = time.Now()
	if r.Top, err = p.classifier.ClassifyPicture(ctx, picture, k); err != nil {
		return nil, err
	}
	r.MS = millis(start)
	if p.other == nil {
		return r, nil
	}
	in := runtime.Tensors{p.session.Inputs()[0].Name: stages.Input()}
	if r.Forms, err = p.compareForms(ctx, in); err != nil {
		return nil, err
	}
	r.Layers, err = p.look(ctx, in)
	return r, err
}

func millis(since time.Time) float64 { return float64(time.Since(since).Microseconds()) / 1000 }

func describeStage(s preprocess.Stage) (Stage, error) {
	image, err := stagePicture(s)
	if err != nil {
		return Stage{}, err
	}
	one := Stage{Name: s.Name, DType: s.Value.DType.String(), Shape: s.Value.Shape, Image: image, Height: s.Value.Shape[1], Width: s.Value.Shape[2]}
	if s.Name == preprocess.StageNormalize {
		one.Height, one.Width = s.Value.Shape[2], s.Value.Shape[3]
	}
	low, high := math.Inf(1), math.Inf(-1)
	switch data := s.Value.Data.(type) {
	case []uint8:
		for _, v := range data {
			low, high = min(low, float64(v)), max(high, float64(v))
		}
	case []float32:
		for _, v := range data {
			low, high = min(low, float64(v)), max(high, float64(v))
		}
	}
	one.Min, one.Max = low, high
	return one, nil
}

// compareForms runs both forms, each once before it is timed.
func (p *Model) compareForms(ctx context.Context, in runtime.Tensors) (*Forms, error) {
	var outputs [2][]float32
	var ms [2]float64
	for i, s := range []*runtime.Session{p.session, p.other} {
		if _, err := s.Run(ctx, in, p.output); err != nil {
			return nil, err
		}
		start := time.Now()
		out, err := s.Run(ctx, in, p.output)
		if err != nil {
			return nil, err
		}
		ms[i], outputs[i] = millis(start), tensor.Data[float32](out[p.output])
	}
	f := &Forms{SplitMS: ms[0], FusedMS: ms[1]}
	if p.form == "fused" {
		f.SplitMS, f.FusedMS = f.FusedMS, f.SplitMS
	}
	largest := 0.0
	for i, v := range outputs[0] {
		largest = max(largest, math.Abs(float64(v)-float64(outputs[1][i])))
	}
	f.MaxAbs = finite(largest)
	return f, nil
}

// look draws what the mixed convolutions made of the picture.
func (p *Model) look(ctx context.Context, in runtime.Tensors) ([]*Layer, error) {
	var names []string
	for _, m := range p.mixed {
		names = append(names, m.output)
	}
	values, err := p.layers.Run(ctx, in, names...)
	if err != nil {
		return nil, err
	}
	var list []*Layer
	for _, m := range p.mixed {
		l, err := m.branches(values[m.output])
		if err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, nil
}
