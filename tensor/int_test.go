package tensor

import (
	"math"
	"testing"
)

func TestIntsOfFloats(t *testing.T) {
	const most, least = math.MaxInt64, math.MinInt64
	for _, c := range []struct {
		v        float64
		signed   int64
		ok       bool
		unsigned uint64
		okToo    bool
		within   int // of -3 … 7
	}{
		{0, 0, true, 0, true, 0},
		{math.Copysign(0, -1), 0, true, 0, true, 0},
		{5e-324, 0, true, 0, true, 0},
		{6.99, 6, true, 6, true, 6},
		{-0.99, 0, true, 0, true, 0},
		{-1, -1, true, 0, false, -1},
		{-2.5, -2, true, 0, false, -2},
		{0x1p63 - 1024, most - 1023, true, 1<<63 - 1024, true, 7},
		{0x1p63, most, false, 1 << 63, true, 7},
		{-0x1p63, least, true, 0, false, -3},
		{-0x1p63 - 2048, least, false, 0, false, -3},
		{0x1p64 - 2048, most, false, math.MaxUint64 - 2047, true, 7},
		{0x1p64, most, false, math.MaxUint64, false, 7},
		{math.MaxFloat64, most, false, math.MaxUint64, false, 7},
		{math.Inf(1), most, false, math.MaxUint64, false, 7},
		{math.Inf(-1), least, false, 0, false, -3},
		{math.NaN(), 0, false, 0, false, -3},
	} {
		if n, ok := Int64Of(c.v); n != c.signed || ok != c.ok {
			t.Errorf("Int64Of(%v) is %d, %v, want %d, %v", c.v, n, ok, c.signed, c.ok)
		}
		if n, ok := Uint64Of(c.v); n != c.unsigned || ok != c.okToo {
			t.Errorf("Uint64Of(%v) is %d, %v, want %d, %v", c.v, n, ok, c.unsigned, c.okToo)
		}
		if n := IntWithin(c.v, -3, 7); n != c.within {
			t.Errorf("IntWithin(%v, -3, 7) is %d, want %d", c.v, n, c.within)
		}
		if n, ok := IntOf(c.v); ok && float64(n) != math.Trunc(c.v) {
			t.Errorf("IntOf(%v) is %d", c.v, n)
		}
	}
}
