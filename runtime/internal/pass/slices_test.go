package pass

import (
	"slices"
	"testing"
)

func TestPartition(t *testing.T) {
	for _, test := range []struct {
		ranges [][2]int64
		sizes  []int64
	}{
		{[][2]int64{{0, 3}, {3, 8}}, []int64{3, 5}},
		{[][2]int64{{0, 3}, {3, 5}, {5, 8}}, []int64{3, 2, 3}},
		{[][2]int64{{0, 8}}, nil},         // the whole is no split
		{[][2]int64{{0, 3}, {4, 8}}, nil}, // a gap
		{[][2]int64{{0, 5}, {3, 8}}, nil}, // an overlap
		{[][2]int64{{0, 3}, {3, 7}}, nil}, // a rest
		{[][2]int64{{1, 3}, {3, 8}}, nil}, // none of the first
		{[][2]int64{{0, 4}, {0, 4}, {4, 8}}, nil},
	} {
		var parts []channelSlice
		for _, r := range test.ranges {
			parts = append(parts, channelSlice{from: r[0], to: r[1]})
		}
		if sizes, whole := partition(parts, 8); whole != (test.sizes != nil) || whole && !slices.Equal(sizes, test.sizes) {
			t.Errorf("%v: %v, %v", test.ranges, sizes, whole)
		}
	}
}
