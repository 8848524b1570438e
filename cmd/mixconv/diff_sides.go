package main

import (
	"strings"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf"
	"github.com/mixconv/mixconv/convert/torch"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/diff"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
)

// sides reads the two files that diff compares. Weights beside an ONNX model are converted
// as that was, and TensorFlow's beside PyTorch's both: without it no tensor of the one has
// a name of the other. network, if it is not nil, is that of the weights.
func (a *app) sides(paths []string, network *convert.Network) (sides [2]*diff.Side, err error) {
	var readers [2]reader
	for i, path := range paths {
		t, err := a.typeOf(path)
		if err != nil {
			return sides, err
		}
		sides[i], readers[i] = &diff.Side{Path: path}, readerOf(path, t)
	}
	for i, r := range readers { // models first: they say how the other one is converted
		if r != readsONNX {
			continue
		}
		if sides[i].Model, err = a.readModel(paths[i]); err != nil {
			return sides, err
		}
		if err := checked(sides[i].Model); err != nil {
			return sides, err
		}
	}
	for i, r := range readers {
		other := readers[1-i]
		if (r == readsTorch || r == readsTensorFlow) && other != r && other != readsArrays {
			a.convertSide(sides[i], r, sides[1-i].Model, network)
		}
	}
	if readers[0] != readsONNX && readers[1] != readsONNX && (sides[0].Model == nil) != (sides[1].Model == nil) {
		for _, s := range sides { // both are compared by names
			if s.Model != nil {
				s.Model, s.Note = nil, ""
			}
		}
	}
	for i, s := range sides {
		if s.Model != nil {
			s.Weights = diff.ModelWeights(s.Model)
		} else if s.Weights, err = a.storedWeights(paths[i], readers[i]); err != nil {
			return sides, err
		}
	}
	return sides, nil
}

// weightsAt is the first side that is no model.
func weightsAt(sides [2]*diff.Side) int {
	if sides[0].Model == nil {
		return 0
	}
	return 1
}

// convertSide makes weights an ONNX model, or notes why they are none. The model like, if
// it is not nil, says how.
func (a *app) convertSide(s *diff.Side, r reader, like *onnx.Model, network *convert.Network) {
	read := converter(torch.Convert)
	if r == readsTensorFlow {
		read = tf.Convert
	}
	var err error
	for _, o := range conversionsLike(like) {
		if r == readsTorch {
			o.Network = network
		}
		if network != nil {
			o.Model = ""
		}
		var c *convert.Converted
		if c, err = read(s.Path, o); err != nil {
			continue
		}
		a.read = append(a.read, c.Files...)
		if like != nil {
			saysToo(c.Model, like)
		}
		s.Model, s.Note = c.Model, "converted, "+c.Network.Name+" from "+weightsOf(c)
		return
	}
	s.Note = "not converted, " + strings.TrimPrefix(err.Error(), errs.Quote(s.Path)+": ")
}

// storedWeights reads weights as they are stored.
func (a *app) storedWeights(path string, r reader) (list []diff.Weight, err error) {
	switch r {
	case readsArrays:
		arrays, err := a.readArrays(path, "")
		for name, t := range arrays {
			list = append(list, diff.TensorWeight(name, t))
		}
		return list, err
	case readsTorch:
		c, err := torch.Read(path, convert.Options{})
		if err != nil {
			return nil, err
		}
		a.read = append(a.read, c.Files...)
		for _, t := range c.Tensors {
			list = append(list, diff.TensorWeight(t.Name, t.Tensor))
		}
		return list, nil
	}
	tensors, files, err := tf.ReadTensors(path, limit.Limits{})
	a.read = append(a.read, files...)
	for _, t := range tensors {
		w := diff.Weight{Name: t.Name, DType: t.Type, Shape: t.Shape}
		if t.Value != nil {
			w = diff.TensorWeight(t.Name, t.Value)
		}
		list = append(list, w)
	}
	return list, err
}
