package limit

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// ErrExceeded is what errors.Is finds in an error that says which bound of work or
// memory was met.
var ErrExceeded = errors.New("a limit is exceeded")

type exceeded string

func (e exceeded) Error() string        { return string(e) }
func (e exceeded) Is(target error) bool { return target == ErrExceeded }

// Exceeded returns an error with this text that is an ErrExceeded.
func Exceeded(format string, args ...any) error { return exceeded(fmt.Sprintf(format, args...)) }

// Budget is what one piece of work may take: loading a model, preparing it for new
// shapes, or a run. It counts element operations and bytes, so that what it allows
// is the same on every machine; the time is the context's. One goroutine uses it.
type Budget struct {
	Limits  Limits // no field is zero
	ctx     context.Context
	left    int64 // operations
	held    int64 // bytes of values that a run has at the moment
	folding *folding
}

// folding is what constants may still take to compute. Those of a few elements, which
// shapes are computed from, have an allowance of their own: a large constant must not
// take the shapes from the nodes behind it.
type folding struct{ small, large allowance }

type allowance struct{ operations, bytes int64 }

// What each byte of a model's own constants adds to the bounds of loading it: weights
// are converted, and scaled, once or twice.
const (
	operationsPerByte = 8
	foldBytesPerByte  = 4
)

// NewBudget is for a run, whose operations only the context bounds; nil is one that
// never ends. Constants in the bodies of its loops are folded within the bounds of
// loading.
func NewBudget(ctx context.Context, l Limits) *Budget {
	b := NewLoad(ctx, l)
	b.left = math.MaxInt64
	return b
}

// NewLoad is for making a session of a model, or preparing it for new shapes.
func NewLoad(ctx context.Context, l Limits) *Budget {
	if ctx == nil {
		ctx = context.Background()
	}
	l = l.OrDefault()
	each := allowance{l.FoldOperations, min(l.FoldBytes, l.TotalBytes)}
	return &Budget{Limits: l, ctx: ctx, left: l.LoadOperations, folding: &folding{each, each}}
}

// Constants adds to the bounds what a model's own constants, of so many bytes, are
// worth.
func (b *Budget) Constants(bytes int64) {
	bytes = min(bytes, math.MaxInt64>>8)
	b.left += min(operationsPerByte*bytes, math.MaxInt64-b.left)
	large := &b.folding.large
	large.operations += min(operationsPerByte*bytes, math.MaxInt64-large.operations)
	large.bytes = min(large.bytes+foldBytesPerByte*bytes, b.Limits.TotalBytes)
}

// Context is the caller's.
func (b *Budget) Context() context.Context { return b.ctx }

// Err is the context's error.
func (b *Budget) Err() error { return b.ctx.Err() }

// Spend counts operations. Its error is the context's, or that there are none left.
func (b *Budget) Spend(operations int64) error {
	if b.left -= operations; b.left < 0 {
		return Exceeded("more operations than the limits allow")
	}
	return b.ctx.Err()
}

// Hold counts bytes that values take from now on; a negative number gives some back.
func (b *Budget) Hold(bytes int64) error {
	if b.held += bytes; b.held > b.Limits.TotalBytes {
		return Exceeded("the values of a run need %d bytes, allowed %d", b.held, b.Limits.TotalBytes)
	}
	return nil
}

// Fold calls compute with a budget for one constant of so many bytes; small says that
// it has few elements, and so have those that it is computed from. An ErrExceeded
// means that the constant is left to the run.
func (b *Budget) Fold(small bool, bytes int64, compute func(*Budget) error) error {
	may := &b.folding.large
	if small {
		may = &b.folding.small
	}
	if bytes > may.bytes || may.operations <= 0 {
		return Exceeded("constants of more bytes or operations than the limits allow")
	}
	one := &Budget{Limits: b.Limits, ctx: b.ctx, left: min(may.operations, b.left), folding: b.folding}
	one.Limits.TensorBytes = min(one.Limits.TensorBytes, may.bytes)
	before := one.left
	err := compute(one)
	spent := before - max(one.left, 0)
	b.left -= spent
	may.operations = max(may.operations-spent, 0)
	if err == nil {
		may.bytes -= bytes
	}
	return err
}
