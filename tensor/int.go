package tensor

import "math"

// Go leaves open what int(v) is for a float that no int holds: each processor has
// an answer of its own. So floats become integers by these functions alone, which
// TestFloatsBecomeIntsByOneFunction holds.

// Int64Of rounds v toward zero. What int64 does not hold is not ok: n is then the
// nearest int64, and 0 for NaN.
func Int64Of(v float64) (n int64, ok bool) {
	switch {
	case v != v:
		return 0, false
	case v >= 1<<63:
		return math.MaxInt64, false
	case v < -1<<63:
		return math.MinInt64, false
	}
	return int64(v), true
}

// Uint64Of is Int64Of for uint64.
func Uint64Of(v float64) (n uint64, ok bool) {
	switch {
	case v != v:
		return 0, false
	case v >= 1<<64:
		return math.MaxUint64, false
	case v <= -1:
		return 0, false
	}
	return uint64(max(v, 0)), true
}

// IntOf is Int64Of for int.
func IntOf(v float64) (n int, ok bool) {
	wide, ok := Int64Of(v)
	n = int(min(max(wide, math.MinInt), math.MaxInt))
	return n, ok && int64(n) == wide
}

// IntWithin rounds v toward zero and returns the nearest number from low to high;
// NaN gives low.
func IntWithin(v float64, low, high int) int {
	if v != v {
		return low
	}
	n, _ := IntOf(v)
	return min(max(n, low), high)
}
