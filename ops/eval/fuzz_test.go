package eval

import (
	"context"
	"flag"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"slices"
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

// float is small most of the time, and now and then what no integer or no smaller
// float holds.
func (s *source) float() float64 {
	edges := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1 << 63, -1 << 63, 1 << 64, 1 << 31, math.MaxFloat32, -math.MaxFloat32, math.MaxFloat64,
		1e-40, -1e-40, 5e-324, math.Copysign(0, -1), 0.5, -0.5, 1e-7, 0.999999}
	if i := s.next(48); i < len(edges) {
		return edges[i]
	}
	return float64(s.number())
}

// likeness is what the inputs of a call mostly have in common.
type likeness struct {
	dtype tensor.DType
	shape []int
}

func (s *source) likeness() likeness {
	return likeness{s.dtype(), s.shape()}
}

func (s *source) dtype() tensor.DType {
	common := []tensor.DType{tensor.Float32, tensor.Float32, tensor.Float32, tensor.Int64, tensor.Int32, tensor.Float64, tensor.Float16, tensor.Int8, tensor.Uint8, tensor.Bool, tensor.String}
	if i := s.next(2 * len(common)); i < len(common) {
		return common[i]
	}
	if d := tensor.DType(s.next(32)); d.Valid() && d != tensor.Complex64 && d != tensor.Complex128 {
		return d
	}
	return tensor.Float32
}

// tensor is like the others, a list of few integers, or of any type and shape.
func (s *source) tensor(like likeness) *tensor.Tensor {
	switch s.next(6) {
	case 0:
		like.shape = s.shape()
	case 1:
		like = s.likeness()
	case 2:
		like = likeness{tensor.Int64, []int{1 + s.next(4)}[:s.next(2)]}
	}
	t := tensor.New(like.dtype, like.shape...)
	switch data := t.Data.(type) {
	case []int64:
		for i := range data {
			data[i] = s.number()
		}
	case []float32:
		for i := range data {
			data[i] = float32(s.float())
		}
	case []bool:
		for i := range data {
			data[i] = s.next(2) == 1
		}
	case []string:
		for i := range data {
			data[i] = []string{"", "a", "NaN", "1e400", "-1", "\xff"}[s.next(6)]
		}
	default:
		src := make([]float64, t.Elements())
		for i := range src {
			src[i] = s.float()
		}
		if err := storeFloats(t, 0, src, 64); err != nil {
			panic(err)
		}
	}
	return t
}

// attr is of the given type, or now and then of another.
func (s *source) attr(kind ops.AttrKind) any {
	texts := []string{"SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET", "reflect", "edge", "wrap", "", "max", "avg", "add", "mul", "min", "cubic", "linear", "nearest",
		"bilinear", "border", "reflection", "half_pixel", "align_corners", "tf_crop_and_resize", "none", "sum", "mean", "up", "tanh", "LEFT", "ij,jk->ik", "ii->i", "bidirectional", "TFIDF"}
	if s.next(16) == 15 {
		kind = ops.AttrKind(s.next(8))
	}
	switch kind {
	case ops.Int:
		return s.number()
	case ops.Float:
		return float32(s.float())
	case ops.String:
		return texts[s.next(len(texts))]
	case ops.Strings:
		return texts[:s.next(len(texts))]
	case ops.Tensor:
		return s.tensor(s.likeness())
	case ops.Floats:
		return []float32{float32(s.float()), float32(s.float())}[:s.next(3)]
	}
	return s.numbers()
}

var fuzzed = append(ops.All(), ops.MDConv)

// FuzzCall makes calls out of bytes: whatever attributes, shapes and values
// they have, nothing panics, a result has the inferred type, and no call gets
// past the memory and time that it is given.
func FuzzCall(f *testing.F) {
	for i := range fuzzed {
		f.Add([]byte{byte(i), 9, 1, 2, 0, 3, 2, 3, 4, 41, 42, 43, 0, 2, 3, 1})
	}
	f.Fuzz(tryCall)
}

// calls is how many calls TestCalls makes, seed where it begins.
var calls, seed = flag.Int("calls", 20_000, "how many calls TestCalls makes"), flag.Uint64("seed", 1, "of TestCalls")

// TestCalls is FuzzCall for bytes at random: more of them in a second, and each
// operator as often.
func TestCalls(t *testing.T) {
	r := rand.New(rand.NewPCG(*seed, 0))
	data := make([]byte, 400)
	for i := range *calls {
		for k := range data {
			data[k] = byte(r.Uint32())
		}
		data[0] = byte(i % len(fuzzed))
		func() {
			defer func() {
				if p := recover(); p != nil {
					t.Fatalf("call %d panics: %v\n[]byte(%q)\n%s", i, p, data, debug.Stack())
				}
			}()
			tryCall(t, data)
		}()
		if t.Failed() {
			t.Fatalf("call %d: []byte(%q)", i, data)
		}
	}
}

func tryCall(t *testing.T, data []byte) {
	s := source(data)
	op := fuzzed[s.next(len(fuzzed))]
	version := op.Since[s.next(len(op.Since))]
	in, like := make([]*tensor.Tensor, []int{1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 0}[s.next(11)]), s.likeness()
	for i := range in {
		if s.next(8) > 0 {
			if n := len(like.shape); n > 0 && s.next(6) == 5 { // from here on another dimension, as keys have one that queries have not
				like.shape = slices.Clone(like.shape)
				like.shape[s.next(n)] = s.next(5)
			}
			if in[i] = s.tensor(like); s.next(16) == 15 {
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
	c, err := ops.NewCall(op, version, attrs, types, []int{1, 1, 1, 1, 2, 3, 4, 0}[s.next(8)])
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
}
