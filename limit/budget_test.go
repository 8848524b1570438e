package limit_test

import (
	"context"
	"errors"
	"testing"

	"github.com/mixconv/mixconv/limit"
)

// fold spends so many operations on a constant of a number of bytes.
func fold(b *limit.Budget, small bool, bytes, operations int64) error {
	return b.Fold(small, bytes, func(b *limit.Budget) error { return b.Spend(operations) })
}

// TestFoldStopsAtItsBounds: constants share their operations and bytes, small ones have
// their own, and a model's own constants add to those of large ones.
func TestFoldStopsAtItsBounds(t *testing.T) {
	b := limit.NewLoad(t.Context(), limit.Limits{FoldOperations: 1000, FoldBytes: 100})
	for i, step := range []struct {
		small             bool
		bytes, operations int64
		ok                bool
	}{
		{false, 60, 600, true},
		{false, 50, 1, false},   // bytes
		{false, 40, 401, false}, // operations, which are gone now
		{false, 1, 1, false},
		{true, 100, 999, true},
		{true, 0, 2, false},
	} {
		err := fold(b, step.small, step.bytes, step.operations)
		if step.ok != (err == nil) || err != nil && !errors.Is(err, limit.ErrExceeded) {
			t.Errorf("step %d: %v", i, err)
		}
	}
	b.Constants(10)
	if err := fold(b, false, 40, 80); err != nil {
		t.Errorf("with 10 bytes of constants: %v", err)
	}
}

// TestBudgetHolds: bytes given back may be held again, and a context ends all.
func TestBudgetHolds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := limit.NewBudget(ctx, limit.Limits{TotalBytes: 10})
	for i, bytes := range []int64{6, 4, -4, 3, 2} {
		if err := b.Hold(bytes); errors.Is(err, limit.ErrExceeded) != (i == 4) {
			t.Errorf("step %d: %v", i, err)
		}
	}
	if err := b.Spend(1 << 62); err != nil {
		t.Errorf("a run's operations: %v", err)
	}
	cancel()
	if err := b.Spend(1); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}
