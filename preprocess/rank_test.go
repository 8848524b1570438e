package preprocess

import (
	"math"
	"slices"
	"testing"
)

func TestRank(t *testing.T) {
	got, err := Rank([]float32{1, 3, 3, -2}, 3, []string{"a", "b", "c", "d"})
	if err != nil {
		t.Fatal(err)
	}
	sum := math.Exp(1) + 2*math.Exp(3) + math.Exp(-2)
	want := []Class{
		{1, "b", math.Exp(3) / sum, 3},
		{2, "c", math.Exp(3) / sum, 3}, // of equal ones the lower index is first
		{0, "a", math.Exp(1) / sum, 1},
	}
	same := func(a, b Class) bool {
		return a.Index == b.Index && a.Label == b.Label && a.Logit == b.Logit && math.Abs(a.Probability-b.Probability) < 1e-15
	}
	if !slices.EqualFunc(got, want, same) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestRankLarge: logits whose exponentials overflow.
func TestRankLarge(t *testing.T) {
	got, err := Rank([]float64{1e4, 1e4 - 1}, 5, nil)
	if err != nil || len(got) != 2 {
		t.Fatalf("%v, %v", got, err)
	}
	if p := 1 / (1 + math.Exp(-1)); math.Abs(got[0].Probability-p) > 1e-15 {
		t.Errorf("probability %v, want %v", got[0].Probability, p)
	}
}

func TestRankRefuses(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got, err := Rank([]float64{0, v}, 1, nil); err == nil {
			t.Errorf("a logit %v is ranked: %v", v, got)
		}
	}
	for _, v := range []float64{math.NaN(), -0.1, 1.1} {
		if got, err := RankProbabilities([]float64{0, v}, 1, nil); err == nil {
			t.Errorf("a probability %v is ranked: %v", v, got)
		}
	}
}

func TestRankProbabilities(t *testing.T) {
	got, err := RankProbabilities([]float32{0.25, 0.75}, 1, nil)
	if err != nil || len(got) != 1 || got[0] != (Class{Index: 1, Probability: 0.75, Logit: math.Log(0.75)}) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestTop(t *testing.T) {
	x := []float64{5, 9, 1, 9, 7}
	for k, want := range [][]int{nil, {1}, {1, 3}, {1, 3, 4}, {1, 3, 4, 0}, {1, 3, 4, 0, 2}, {1, 3, 4, 0, 2}} {
		if got := Top(x, k); !slices.Equal(got, want) {
			t.Errorf("top %d: %v, want %v", k, got, want)
		}
	}
}
