package verify

import (
	"math"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/tensor"
)

// Ranking is what both sides make of a picture: its likeliest classes.
type Ranking struct {
	Picture   string `json:"picture"`
	Model     []Rank `json:"model"`
	Reference []Rank `json:"reference"`
}

// Rank is a class with its probability, the softmax of the scores.
type Rank struct {
	Class       int    `json:"class"`
	Label       string `json:"label,omitempty"`
	Probability Number `json:"probability"`
}

// topClasses is how many classes are compared beside the first.
const topClasses = 5

// rank ranks the pictures by one output's scores [N,classes] on both sides.
func (c *Comparison) rank(paths []Picture, got, ref *tensor.Tensor, labels []string) {
	a, errA := floats(got)
	b, errB := floats(ref)
	if errA != nil || errB != nil || len(a) != len(b) || len(got.Shape) != 2 {
		return
	}
	n := got.Shape[1]
	for i := range min(len(paths), got.Shape[0]) {
		c.Rankings = append(c.Rankings, Ranking{
			Picture:   paths[i].Path,
			Model:     ranks(a[i*n:(i+1)*n], labels),
			Reference: ranks(b[i*n:(i+1)*n], labels),
		})
	}
}

func ranks(scores []float64, labels []string) []Rank {
	var sum float64
	largest := slices.Max(scores)
	for _, s := range scores {
		sum += math.Exp(s - largest)
	}
	var list []Rank
	for _, class := range top(scores) {
		r := Rank{Class: class, Probability: Number(math.Exp(scores[class]-largest) / sum)}
		if len(labels) == len(scores) {
			r.Label = labels[class]
		}
		list = append(list, r)
	}
	return list
}

// top returns the indices of the largest elements, largest first; of equal
// ones the earlier is first.
func top(x []float64) []int {
	var best []int
	for i := range x {
		at := len(best)
		for at > 0 && x[i] > x[best[at-1]] {
			at--
		}
		if at < topClasses {
			best = slices.Insert(best, at, i)
			best = best[:min(len(best), topClasses)]
		}
	}
	return best
}

// labelsOf returns the class names that m carries.
func labelsOf(m *onnx.Model) []string {
	text, ok := m.Metadata("mixconv.labels")
	if !ok {
		return nil
	}
	return strings.Split(text, "\n")
}
