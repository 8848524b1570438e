package verify

import (
	"strings"

	"github.com/mixconv/mixconv/metadata"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/preprocess"
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

// ranks are the likeliest classes, none if a score is not finite.
func ranks(scores []float64, labels []string) []Rank {
	classes, err := preprocess.Rank(scores, topClasses, labels)
	if err != nil {
		return nil
	}
	var list []Rank
	for _, c := range classes {
		list = append(list, Rank{Class: c.Index, Label: c.Label, Probability: Number(c.Probability)})
	}
	return list
}

// top returns the indices of the largest elements, largest first.
func top(x []float64) []int { return preprocess.Top(x, topClasses) }

// labelsOf returns the class names that m carries.
func labelsOf(m *onnx.Model) []string {
	text, ok := m.Metadata(metadata.Labels)
	if !ok {
		return nil
	}
	return strings.Split(text, "\n")
}
