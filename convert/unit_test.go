package convert

import (
	"slices"
	"testing"
)

func TestHalveChannels(t *testing.T) {
	for _, c := range []struct {
		total int
		want  []int
	}{
		{32, []int{32}}, {32, []int{16, 16}}, {32, []int{16, 8, 4, 4}}, {7, []int{4, 2, 1}}, {2, []int{1, 1, 0}},
	} {
		if got := halveChannels(c.total, len(c.want)); !slices.Equal(got, c.want) {
			t.Errorf("halveChannels(%d, %d) = %v, want %v", c.total, len(c.want), got, c.want)
		}
	}
}

// TestChannelsInside has the widths that timm arrives at where rounding
// matters: expansions that are not whole, and bottlenecks of MobileNetV3.
func TestChannelsInside(t *testing.T) {
	for _, c := range []struct {
		network          string
		unit             int
		middle, squeezed int
	}{
		{"mobilenetv3_small_100", 0, 16, 8},
		{"mobilenetv3_small_100", 1, 72, 0},   // 16 · 4.5
		{"mobilenetv3_small_100", 2, 88, 0},   // 24 · 3.67
		{"mobilenetv3_small_100", 3, 96, 24},  // of the expanded 96
		{"mobilenetv3_small_100", 6, 120, 32}, // 30 to a multiple of 8
		{"mobilenetv3_large_100", 8, 184, 0},  // 80 · 2.3
		{"mobilenetv3_rw", 4, 120, 30},        // not to a multiple
		{"efficientnet_b0", 0, 32, 8},
		{"efficientnet_b0", 2, 144, 6}, // of the input's 24
		{"mixnet_l", 3, 240, 20},
		{"shufflenet_v2_x1_0", 0, 58, 0},
	} {
		u := named(t, c.network).Expand()[c.unit]
		if u.Middle != c.middle || u.Squeezed != c.squeezed {
			t.Errorf("%s, unit %d: %d channels squeezed to %d, want %d and %d", c.network, c.unit, u.Middle, u.Squeezed, c.middle, c.squeezed)
		}
	}
}

// TestDeepen has the repeats that timm's depth scaling arrives at.
func TestDeepen(t *testing.T) {
	for _, c := range []struct {
		repeats []int
		depth   float64
		rounds  bool
		want    []int
	}{
		{[]int{2}, 1.1, false, []int{3}},
		{[]int{4}, 1.8, false, []int{8}},
		{[]int{1, 3}, 1.2, true, []int{1, 4}},
		{[]int{1, 1}, 1.2, true, []int{1, 1}},
		{[]int{1, 1}, 1.3, true, []int{1, 2}},
		{[]int{1, 1, 2}, 1.2, false, []int{1, 2, 2}},
		{[]int{1}, 0.3, true, []int{1}},
	} {
		stage := make([]Block, len(c.repeats))
		for i, r := range c.repeats {
			stage[i].Repeat = r
		}
		deepen(stage, c.depth, c.rounds)
		got := make([]int, len(stage))
		for i, b := range stage {
			got[i] = b.Repeat
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v times %g: %v, want %v", c.repeats, c.depth, got, c.want)
		}
	}
}

func TestPadSymmetric(t *testing.T) {
	for _, c := range []struct{ size, kernel, stride, dilation, pad, out int }{
		{224, 3, 2, 1, 1, 112},
		{225, 3, 2, 1, 1, 113},
		{7, 9, 1, 1, 4, 7},
		{14, 11, 2, 1, 5, 7},
		{7, 3, 1, 4, 4, 7},
		{7, 1, 1, 1, 0, 7},
		{0, 5, 2, 1, 2, 0},
	} {
		p := Symmetric.pad(c.size, c.kernel, c.stride, c.dilation)
		if want := [4]int{c.pad, c.pad, c.pad, c.pad}; p.pads != want || p.out != c.out || p.dynamic {
			t.Errorf("%+v: %+v", c, p)
		}
	}
}
