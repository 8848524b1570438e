package ops

// Traits say how the results of an operator hang on its inputs, for passes that
// treat many operators alike. An operator has a trait only if all its versions have.
type Traits uint16

const (
	// Unary: each element of the one result is a function of the first input's element
	// at its place, and of attributes and inputs of one element.
	Unary Traits = 1 << iota
	// Broadcasts: each element of the one result is a function of the elements at its
	// place of all inputs, which broadcast.
	Broadcasts
	// PictureByPicture: the result for an index of the first input's first dimension
	// follows from that index alone; other inputs are weights.
	PictureByPicture
	// AlongAxis: looks along the axis of attribute axis of the first input.
	AlongAxis
	// Reduces: makes one element of all along some axes of the first input.
	Reduces
	// Reshapes: the result has the elements of the first input in their order.
	Reshapes
	// ReadsShape: the result follows from the input's shape, whatever its elements are.
	ReadsShape
	// FindsShape: a result may have a shape that only the evaluation finds.
	FindsShape

	Elementwise = Unary | Broadcasts
)

// Has reports whether o has one of the traits.
func (o *Op) Has(t Traits) bool { return table[o.Code].traits&t != 0 }
