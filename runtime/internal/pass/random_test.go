package pass

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/graph/graphtest"
)

// pieces are lines of random graphs: %s stands for any value before, of which most are
// [1,2,3,3]. None divides by what it finds, as normalisations do: that makes roundings
// before it as large as anything.
var pieces = []string{
	"Conv(%s, float32[2,2,1,1])", "Conv(%s, float32[2,2,3,3], float32[2]) pads=[1 1 1 1]", "Conv(%s, float32[2,1,3,3]) group=2 pads=[1 1 1 1]",
	"Conv(%s, float32[1,2,1,1])", "Concat(%s, %s) axis=1", "Slice(%s, [0], [1], [1])", "Slice(%s, [1], [2], [1])",
	"Mul(%s, float32[2,1,1])", "Add(%s, float32[1,2,1,1])", "Mul(%s, float32[]{0.5})", "Add(%s, %s)", "Mul(%s, %s)", "Sub(%s, %s)",
	"Relu(%s)", "Sigmoid(%s)", "Tanh(%s)", "HardSigmoid(%s) alpha=0.16666667", "Clip(%s, float32[]{0}, float32[]{1})", "Identity(%s)",
	"Transpose(%s) perm=[0 2 3 1]", "Transpose(%s) perm=[0 3 1 2]", "Transpose(%s) perm=[0 1 3 2]",
	"Pad(%s, [0 0 1 0 0 0 0 1])", "Reshape(%s, [1 2 3 3])", "Reshape(%s, [2 3 3])", "Reshape(%s, [1 2 9])", "Unsqueeze(%s, [0])",
	"BatchNormalization(%s, float32[2], float32[2], float32[2], float32[2]{1 2})", "Conv(%s, float32[2,2,3]) pads=[1 1]",
	"MatMul(%s, float32[3,3])", "MatMul(%s, %s)", "Gemm(%s, float32[3,3])", "ReduceMean(%s, [-1])", "ReduceL2(%s, [-1])", "Div(%s, float32[]{2})",
	"Mul(%s, float32[3])", "Add(%s, float32[3])", "ConvTranspose(%s, float32[2,2,1,1])",
}

// TestRandomGraphs: passes keep what graphs compute that nobody drew up for them.
func TestRandomGraphs(t *testing.T) {
	defer func() { Watch = nil }()
	changed := map[string]int{}
	Watch = func(name string, g *graph.Graph, run func() (bool, error)) (bool, error) {
		again, err := graphtest.Watch(name, g, run)
		if again {
			changed[name]++
		}
		return again, err
	}
	for seed := range uint64(150) {
		text := randomGraph(rand.New(rand.NewPCG(seed, 14)))
		g, err := graphtest.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := Run(budget(), g, floatsAlone); err != nil {
			t.Errorf("seed %d: %v\n%s", seed, err, text)
		}
	}
	if len(changed) < 10 {
		t.Errorf("passes that changed a graph, and how often: %v; must be 10 passes at least", changed)
	}
	t.Log(changed)
}

// randomGraph adds one node after another of those whose types fit.
func randomGraph(random *rand.Rand) string {
	text, values := "input x float32[1,2,3,3]\n", []string{"x"}
	for range 40 {
		piece := pieces[random.IntN(len(pieces))]
		for strings.Contains(piece, "%s") {
			of := values[max(0, len(values)-1-random.IntN(4))]
			piece = strings.Replace(piece, "%s", of, 1)
		}
		name := fmt.Sprintf("v%d", len(values))
		longer := text + name + " = " + piece + "\n"
		g, err := graphtest.Parse(longer)
		if err != nil || g.Infer(budget(), nil) != nil {
			continue
		}
		text, values = longer, append(values, name)
	}
	g, _ := graphtest.Parse(text + "output y = " + values[len(values)-1] + "\noutput z = " + values[len(values)/2] + "\n")
	_ = g.Infer(budget(), nil)
	var b strings.Builder
	_ = g.Dump(&b)
	return b.String()
}
