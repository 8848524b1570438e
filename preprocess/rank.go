package preprocess

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Class is one of a classifier's classes with what a run says of it.
type Class struct {
	Index       int     `json:"class"` // from 0, its place among the network's outputs
	Label       string  `json:"label"` // "" if the classes have no names
	Probability float64 `json:"probability"`
	Logit       float64 `json:"logit"` // the network's output before the softmax
}

// Rank returns the k likeliest classes of one picture, likeliest first; of equal
// ones the lower index comes first. Probabilities are the softmax of the logits,
// in float64. labels are the names of all classes, or none. A logit that is not
// a number cannot be ranked and is an error, and so is an infinite one: its
// probability is not a number.
func Rank[T ~float32 | ~float64](logits []T, k int, labels []string) ([]Class, error) {
	for i, v := range logits {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return nil, fmt.Errorf("class %d has the logit %v, allowed are finite numbers", i, v)
		}
	}
	if len(logits) == 0 {
		return nil, nil
	}
	sum, largest := 0.0, float64(slices.Max(logits))
	for _, v := range logits {
		sum += math.Exp(float64(v) - largest)
	}
	list := make([]Class, 0, min(max(k, 0), len(logits)))
	for _, i := range Top(logits, k) {
		c := Class{Index: i, Logit: float64(logits[i])}
		c.Probability = math.Exp(c.Logit-largest) / sum
		if len(labels) == len(logits) {
			c.Label = labels[i]
		}
		list = append(list, c)
	}
	return list, nil
}

// RankProbabilities is Rank for a network that ends with a softmax, or with a
// sigmoid for each class: the values are the probabilities. The logit is the
// probability's logarithm, which differs from the one before a softmax by the
// same number for all classes of a picture.
func RankProbabilities[T ~float32 | ~float64](p []T, k int, labels []string) ([]Class, error) {
	for i, v := range p {
		if !(v >= 0 && v <= 1.001) { // a softmax in float32 may exceed 1 by rounding
			return nil, fmt.Errorf("class %d has the probability %v, allowed are 0 to 1", i, v)
		}
	}
	var list []Class
	for _, i := range Top(p, k) {
		c := Class{Index: i, Probability: float64(p[i]), Logit: math.Log(float64(p[i]))}
		if len(labels) == len(p) {
			c.Label = labels[i]
		}
		list = append(list, c)
	}
	return list, nil
}

// Top returns the indices of the k largest elements of x, largest first; of
// equal ones the earlier is first.
func Top[T cmp.Ordered](x []T, k int) []int {
	k = min(k, len(x))
	if k <= 0 {
		return nil
	}
	var best []int
	for i := range x {
		at := len(best)
		for at > 0 && x[i] > x[best[at-1]] {
			at--
		}
		if at < k {
			best = slices.Insert(best, at, i)
			best = best[:min(len(best), k)]
		}
	}
	return best
}
