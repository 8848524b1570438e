package graphdef_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/convert/tf/internal/graphdef"
	"github.com/mixconv/mixconv/convert/tf/internal/graphtest"
	"github.com/mixconv/mixconv/convert/tf/internal/tftype"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
)

// TestEveryByte cuts a graph off at every byte and sets every byte to all 256 values: what
// comes of it is a graph whose parts fit together, or one line that says where the fault is.
func TestEveryByte(t *testing.T) {
	good := graphtest.Graph(
		graphtest.Node("w", "Const", nil, graphtest.TensorAttr("value", graphtest.Content(tftype.Float32, []byte{0, 0, 128, 63}, 1))),
		graphtest.Node("i", "Identity", []string{"w:0", "^w"}),
		graphtest.Node("c", "Conv2D", []string{"i", "w"}, graphtest.IntsAttr("strides", 1, 2, 2, 1), graphtest.StringAttr("padding", "SAME")),
		graphtest.Node("p", "Placeholder", nil, graphtest.ShapeAttr("shape", -1, 8, 8, 3)),
		graphtest.Node("b", "FusedBatchNorm", nil, graphtest.FloatAttr("epsilon", 1), graphtest.BoolAttr("is_training", true)),
	)
	if _, err := graphdef.Parse(good, 0, limit.Limits{}); err != nil {
		t.Fatal(err)
	}
	refused := 0
	try := func(data []byte) {
		g, err := graphdef.Parse(data, 0, limit.Limits{})
		var e *errs.FormatError
		switch {
		case err == nil:
			for _, n := range g.Nodes {
				if slices.ContainsFunc(n.Inputs, func(in graphdef.Input) bool { return in.Node == nil }) {
					t.Fatalf("% x: an input of %q is not resolved", data, n.Name)
				}
				if v := n.Attrs["value"].Tensor; v != nil {
					budget := int64(1 << 16)
					v.Data(&budget)
				}
			}
		case !errors.As(err, &e) || e.Offset > int64(len(data)) || strings.Contains(err.Error(), "\n"):
			t.Fatalf("% x: %v", data, err)
		default:
			refused++
		}
	}
	for at := range good {
		try(good[:at])
		damaged := slices.Clone(good)
		for value := range 256 {
			if testing.Short() && value%5 != 0 {
				continue
			}
			damaged[at] = byte(value)
			try(damaged)
		}
	}
	if refused < len(good) {
		t.Errorf("%d refused", refused)
	}
}
