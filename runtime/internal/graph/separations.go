package graph

import (
	"slices"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/tensor"
)

// twin is a node as both graphs of Separable have it.
type twin struct {
	all, one *ops.Call
	kinds    []kind       // of the operands
	out      tensor.Shape // of the first result in all
	pictures int
}

// separates is the rule that says whether the nodes of an operator compute the
// pictures of a batch one by one; nil where none is known. It need not look at the
// results' shapes: Separable checks that each is [N,…], and [1,…] with the same rest
// for one picture.
func separates(o *ops.Op) func(*twin) bool {
	if rule := separations[o.Code]; rule != nil {
		return rule
	}
	switch {
	case o.Has(ops.Elementwise):
		return (*twin).elementwise
	case o.Has(ops.PictureByPicture):
		return (*twin).pictureWise
	case o.Has(ops.AlongAxis):
		return (*twin).alongAxis
	case o.Has(ops.Reduces):
		return (*twin).reduce
	case o.Has(ops.Reshapes):
		return (*twin).firstBatched
	}
	return nil
}

// separations has the rules that hold for an operator or two.
var separations = map[op.Code]func(*twin) bool{
	op.Hardmax: (*twin).softmax, op.LogSoftmax: (*twin).softmax, op.Softmax: (*twin).softmax,
	op.LayerNormalization: (*twin).layerNorm, op.RMSNormalization: (*twin).layerNorm,
	op.DequantizeLinear: (*twin).quantize, op.QuantizeLinear: (*twin).quantize,
	op.MatMul: (*twin).matMul, op.Gemm: (*twin).gemm,
	op.Tile: (*twin).firstBatched, op.Expand: (*twin).expand, op.Transpose: (*twin).transpose,
	op.Concat: (*twin).concat, op.Split: (*twin).split, op.Slice: (*twin).slice, op.Gather: (*twin).gather, op.Pad: (*twin).pad,
	op.Resize: (*twin).resize, op.Upsample: (*twin).resize,
}

// firstBatched holds where the first operand is batched and the others are
// constants that decide on the shape alone: rows of elements stay in their
// order, and N is the first dimension before and behind, so every picture stays
// together.
func (t *twin) firstBatched() bool { return len(t.kinds) > 0 && t.kinds[0] == batched }

// overShared holds where the first operand is batched and the others are the
// same for all pictures.
func (t *twin) overShared() bool {
	return t.firstBatched() && !slices.ContainsFunc(t.kinds[1:], func(k kind) bool { return k != shared && k != absent })
}

// elementwise is for operands that broadcast: N must meet N, or 1, or nothing.
func (t *twin) elementwise() bool {
	for i, k := range t.kinds {
		rank := len(t.all.In[i].Shape)
		switch {
		case k == absent:
		case k == batched && rank == len(t.out):
		case k == shared && (rank < len(t.out) || rank == len(t.out) && pictures(t.all.In[i].Shape) == 1):
		default:
			return false
		}
	}
	return slices.Contains(t.kinds, batched)
}

// pictureWise is for operators that ONNX defines picture by picture, over [N,C,…].
// A second result is of training, or counts elements through the whole batch.
func (t *twin) pictureWise() bool {
	return t.overShared() && len(t.all.In[0].Shape) >= 2 && t.all.Outputs == 1 && t.all.Attrs.Int("training_mode", 0) == 0
}

// alongAxis is for operators that look along one axis of the first operand.
func (t *twin) alongAxis() bool {
	axis, err := t.all.Axis()
	return err == nil && axis > 0 && t.overShared()
}

func (t *twin) softmax() bool {
	from, _, err := ops.SoftmaxOf(t.all)
	return err == nil && from > 0 && t.overShared()
}

// layerNorm normalises over all axes from one on, and scales by what broadcasts.
func (t *twin) layerNorm() bool {
	axis, err := t.all.Axis()
	return err == nil && axis > 0 && t.overShared() && t.elementwise()
}

func (t *twin) reduce() bool {
	over, err := ops.ReducedAxes(t.all)
	return err == nil && len(over) > 0 && !over[0] && t.overShared()
}

// quantize takes scales for all, or along an axis.
func (t *twin) quantize() bool {
	scale := t.all.In[1].Shape
	axis := t.all.Attrs.Int("axis", 1)
	return t.overShared() && (scale.Elements() == 1 || len(scale) == 1 && axis > 0)
}

// matMul multiplies stacks of matrices, or the rows of a matrix that the
// pictures are.
func (t *twin) matMul() bool {
	a, b := t.all.In[0].Shape, t.all.In[1].Shape
	stacked := func(s tensor.Shape) bool { return len(s) > 2 && len(s) == len(t.out) }
	under := func(s tensor.Shape) bool { return len(s) < len(t.out) || len(s) == len(t.out) && s[0] == 1 }
	switch [2]kind{t.kinds[0], t.kinds[1]} {
	case [2]kind{batched, batched}:
		return stacked(a) && stacked(b)
	case [2]kind{batched, shared}:
		return len(a) == 2 && len(b) <= 2 || len(a) > 2 && (len(b) <= 2 || stacked(a) && under(b))
	case [2]kind{shared, batched}:
		return len(b) > 2 && (len(a) <= 2 || stacked(b) && under(a))
	}
	return false
}

// gemm multiplies the rows of a matrix that the pictures are.
func (t *twin) gemm() bool {
	if t.all.Attrs.Int("transA", 0) != 0 || t.kinds[0] != batched || t.kinds[1] != shared {
		return false
	}
	return len(t.kinds) < 3 || t.kinds[2] == absent || t.kinds[2] == batched && len(t.all.In[2].Shape) == 2 ||
		t.kinds[2] == shared && (len(t.all.In[2].Shape) < 2 || t.all.In[2].Shape[0] == 1)
}

// expand leaves the first dimension alone if it adds none before it.
func (t *twin) expand() bool { return t.firstBatched() && len(t.all.In[0].Shape) == len(t.out) }

func (t *twin) transpose() bool {
	perm := t.all.Attrs.Ints("perm")
	return t.firstBatched() && len(perm) > 0 && perm[0] == 0
}

func (t *twin) concat() bool {
	axis, err := t.all.Axis()
	return err == nil && axis > 0 && !slices.ContainsFunc(t.kinds, func(k kind) bool { return k != batched })
}

// split must cut the pictures, all alike.
func (t *twin) split() bool {
	axis, sizes, err := ops.SplitOf(t.all)
	_, one, err1 := ops.SplitOf(t.one)
	return err == nil && err1 == nil && axis > 0 && t.firstBatched() && slices.Equal(sizes, one)
}

// slice must take every picture, and of each the same.
func (t *twin) slice() bool {
	begin, step, out, err := ops.SliceOf(t.all)
	first, by, _, err1 := ops.SliceOf(t.one)
	return err == nil && err1 == nil && t.firstBatched() && slices.Equal(begin, first) && slices.Equal(step, by) &&
		begin[0] == 0 && step[0] == 1 && out[0] == t.pictures
}

// gather takes parts of the pictures, or for each picture parts of what is
// shared.
func (t *twin) gather() bool {
	axis, err := t.all.Axis()
	switch {
	case err != nil:
		return false
	case t.kinds[0] == batched:
		return t.kinds[1] == shared && axis > 0
	}
	return t.kinds[0] == shared && t.kinds[1] == batched && axis == 0
}

// pad must add no picture, and to each the same.
func (t *twin) pad() bool {
	begin, end, ok := ops.PadOf(t.all)
	first, last, ok1 := ops.PadOf(t.one)
	return ok && ok1 && t.firstBatched() && slices.Equal(begin, first) && slices.Equal(end, last) && begin[0] == 0 && end[0] == 0 &&
		(len(t.kinds) < 3 || t.kinds[2] == shared || t.kinds[2] == absent)
}

// resize must keep the pictures as they are: a scale of 1, and no part of them.
func (t *twin) resize() bool {
	all, err := ops.ResizeOf(t.all)
	one, err1 := ops.ResizeOf(t.one)
	return err == nil && err1 == nil && t.firstBatched() && all.Scale[0].One() && one.Scale[0].One() && slices.Equal(all.Scale, one.Scale) &&
		all.Coordinates != "tf_crop_and_resize"
}
