package eval

import (
	"context"
	"testing"
	"time"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// source turns fuzzed bytes into decisions; past their end all are 0.
type source []byte

func (s *source) next(n int) int {
	if len(*s) == 0 {
		return 0
	}
	b := (*s)[0]
	*s = (*s)[1:]
	return int(b) % n
}

// number is small most of the time, and now and then at an edge.
func (s *source) number() int64 {
	edges := []int64{1<<63 - 1, -1 << 63, 1 << 62, -1 << 62, 1 << 31, 1 << 19, -1, 99}
	if i := s.next(40); i < len(edges) {
		return edges[i]
	}
	return int64(s.next(8)) - 2
}

func (s *source) numbers() []int64 {
	list := make([]int64, s.next(6))
	for i := range list {
		list[i] = s.number()
	}
	return list
}

func (s *source) shape() []int {
	shape := make([]int, s.next(6))
	for i := range shape {
		shape[i] = s.next(5)
	}
	return shape
}

func (s *source) tensor() *tensor.Tensor {
	common := []tensor.DType{tensor.Float32, tensor.Float32, tensor.Int64, tensor.Float16, tensor.Int8, tensor.Bool, tensor.String}
	t := tensor.New(common[s.next(len(common))], s.shape()...)
	switch data := t.Data.(type) {
	case []int64:
		for i := range data {
			data[i] = s.number()
		}
	case []float32:
		for i := range data {
			data[i] = float32(s.number())
		}
	}
	return t
}

// attr is of the given type, or now and then of another.
func (s *source) attr(kind ops.AttrKind) any {
	texts := []string{"SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET", "reflect", "edge", "wrap", ""}
	if s.next(16) == 15 {
		kind = ops.AttrKind(s.next(8))
	}
	switch kind {
	case ops.Int:
		return s.number()
	case ops.Float:
		return float32(s.number())
	case ops.String:
		return texts[s.next(len(texts))]
	case ops.Strings:
		return texts[:s.next(len(texts))]
	case ops.Tensor:
		return s.tensor()
	case ops.Floats:
		return []float32{float32(s.number())}
	}
	return s.numbers()
}

// FuzzCall makes calls out of bytes: whatever attributes, shapes and values
// they have, nothing panics, a result has the inferred type, and no call gets
// past the memory and time that it is given.
func FuzzCall(f *testing.F) {
	all := append(ops.All(), ops.MDConv)
	for i := range all {
		f.Add([]byte{byte(i), 9, 1, 2, 0, 3, 2, 3, 4, 41, 42, 43, 0, 2, 3, 1})
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := source(data)
		op := all[s.next(len(all))]
		version := op.Since[s.next(len(op.Since))]
		in := make([]*tensor.Tensor, s.next(6))
		for i := range in {
			if s.next(8) > 0 {
				if in[i] = s.tensor(); s.next(8) == 7 {
					in[i] = tensor.SequenceOf(in[i].DType, in[i], in[i])
				}
			}
		}
		attrs := ops.Attrs{}
		for _, spec := range op.Attrs(version) {
			if spec.Required || s.next(2) == 1 {
				attrs[spec.Name] = s.attr(spec.Kind)
			}
		}
		types := make([]ops.Type, len(in))
		for i, x := range in {
			types[i] = ops.TypeOf(x)
		}
		c, err := ops.NewCall(op, version, attrs, types, s.next(5))
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		out, err := Run(limit.NewBudget(ctx, limit.Limits{TensorBytes: 1 << 20}), c, in)
		if err == nil {
			checkInference(t, c, out)
		}
		ops.MACs(c)
	})
}
