package convert

import (
	"reflect"
	"slices"
	"testing"
)

func TestSplitChannels(t *testing.T) {
	for _, c := range []struct {
		total, n int
		want     []int
	}{
		{240, 1, []int{240}},
		{240, 4, []int{60, 60, 60, 60}},
		{720, 5, []int{144, 144, 144, 144, 144}},
		{104, 3, []int{36, 34, 34}},
		{2, 3, []int{2, 0, 0}},
	} {
		if got := splitChannels(c.total, c.n); !slices.Equal(got, c.want) {
			t.Errorf("splitChannels(%d, %d) = %v, want %v", c.total, c.n, got, c.want)
		}
	}
}

// TestScale has the values that the official round_filters gives, computed with
// Python.
func TestScale(t *testing.T) {
	n := Network{DepthDivisor: 8}
	for multiplier, want := range map[float64][]int{ // of 16, 24, 32, 40, 80, 120, 200
		0:    {16, 24, 32, 40, 80, 120, 200},
		0.25: {8, 8, 8, 16, 24, 32, 48},
		0.5:  {8, 16, 16, 24, 40, 64, 104},
		1.3:  {24, 32, 40, 56, 104, 160, 264},
		2.4:  {40, 56, 80, 96, 192, 288, 480},
	} {
		n.DepthMultiplier = multiplier
		for i, channels := range []int{16, 24, 32, 40, 80, 120, 200} {
			if got := n.scale(channels); got != want[i] {
				t.Errorf("%d × %g = %d, want %d", channels, multiplier, got, want[i])
			}
		}
	}
	n.DepthMultiplier, n.MinDepth = 0.25, 16
	if got := n.scale(24); got != 16 {
		t.Errorf("24 × 0.25 with least 16 = %d", got)
	}
}

// TestSame compares with the definition, tap by tap: the first output reads as
// far before the picture as the last one reads behind it, or one less.
func TestSame(t *testing.T) {
	for _, c := range []struct{ in, kernel, stride, dilation, begin, end, out int }{
		{224, 3, 2, 1, 0, 1, 112},
		{225, 3, 2, 1, 1, 1, 113},
		{14, 11, 2, 1, 4, 5, 7},
		{7, 9, 1, 1, 4, 4, 7},
		{7, 3, 1, 4, 4, 4, 7},
		{5, 4, 1, 1, 1, 2, 5},
		{5, 1, 2, 1, 0, 0, 3},
		{1, 3, 2, 1, 1, 1, 1},
	} {
		begin, end, out := same(c.in, c.kernel, c.stride, c.dilation)
		if begin != c.begin || end != c.end || out != c.out {
			t.Errorf("same(%d, %d, %d, %d) = %d, %d, %d, want %d, %d, %d", c.in, c.kernel, c.stride, c.dilation,
				begin, end, out, c.begin, c.end, c.out)
		}
	}
}

func TestBlockGeometry(t *testing.T) {
	b, err := ParseBlock("r2_k3.5.9_a1.1_p1_s22_e3_i13_o16_se0.25_sw_dilated")
	if err != nil {
		t.Fatal(err)
	}
	blocks := Network{Blocks: []Block{b}}.Expand()
	first, second := blocks[0], blocks[1]
	if got, want := first.ExpandGroups(), []Group{{7, 20, 1, 1}, {6, 19, 1, 1}}; !reflect.DeepEqual(got, want) {
		t.Errorf("expand %v, want %v", got, want)
	}
	if got, want := first.DepthwiseGroups(), []Group{{13, 13, 3, 1}, {13, 13, 5, 1}, {13, 13, 9, 1}}; !reflect.DeepEqual(got, want) {
		t.Errorf("at stride 2 %v, want %v: dilated does not apply", got, want)
	}
	if got, want := second.DepthwiseGroups(), []Group{{16, 16, 3, 1}, {16, 16, 3, 2}, {16, 16, 3, 4}}; !reflect.DeepEqual(got, want) {
		t.Errorf("at stride 1 %v, want %v", got, want)
	}
	if first.Residual() || !second.Residual() {
		t.Errorf("residual %t, %t, want false, true", first.Residual(), second.Residual())
	}
	if first.Squeezed != 3 || second.Squeezed != 4 {
		t.Errorf("squeezed to %d, %d, want 3, 4", first.Squeezed, second.Squeezed)
	}
	if second.NoSkip = true; second.Residual() {
		t.Error("residual in spite of noskip")
	}
	b.ExpandRatio = 1
	if (Network{Blocks: []Block{b}}).Expand()[0].ExpandGroups() != nil {
		t.Error("expansion by 1")
	}
}
