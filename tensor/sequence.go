package tensor

// Sequence is the type of a sequence of tensors of d. A Tensor of it has its elements
// as Data, a []*Tensor, and their number as its only dimension. No number in a file
// means such a type, and it is not Valid as that of an element.
func (d DType) Sequence() DType { return -d }

// IsSequence reports whether d is the type of a sequence.
func (d DType) IsSequence() bool { return d < 0 && (-d).Valid() }

// SequenceOf is the sequence of these tensors, all of type d. It keeps list.
func SequenceOf(d DType, list ...*Tensor) *Tensor {
	return &Tensor{DType: d.Sequence(), Shape: Shape{len(list)}, Data: list}
}

// List returns a sequence's elements, shared with t. It panics if t is no sequence.
func (t *Tensor) List() []*Tensor { return t.Data.([]*Tensor) }

// Clone returns a copy that shares nothing; nil stays nil.
func (t *Tensor) Clone() *Tensor {
	if t == nil {
		return nil
	}
	if !t.DType.IsSequence() {
		c := New(t.DType, t.Shape...)
		if err := Copy(c, t); err != nil {
			panic("tensor.Clone: " + err.Error()) // of the same type and shape
		}
		return c
	}
	list := make([]*Tensor, len(t.List()))
	for i, e := range t.List() {
		list[i] = e.Clone()
	}
	return SequenceOf(-t.DType, list...)
}
