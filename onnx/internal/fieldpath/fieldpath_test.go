package fieldpath

import (
	"strings"
	"testing"
)

func TestString(t *testing.T) {
	var root *Path
	deep := root.Field("graph")
	for range 50 {
		deep = deep.Element("node", 0).Named("attribute", 0, "body").Field("g")
	}
	g := root.Field("graph")
	for _, c := range []struct {
		path *Path
		want string
	}{
		{root, ""},
		{g, "graph"},
		{g.Element("node", 3), "graph.node[3]"},
		{g.Typed("node", 3, "", "Conv"), "graph.node[3] Conv"},
		{g.Typed("node", 3, "conv1", "Conv").Named("attribute", 0, "pads"), `graph.node[3] "conv1" attribute pads`},
		{g.Element("node", 3).Named("attribute", 1, ""), "graph.node[3].attribute[1]"},
		{g.Element("node", 3).Named("attribute", 1, "value").Field("t").Field("dims"), "graph.node[3] attribute value t.dims"},
		{g.Named("node", 0, "a\n\x1b").Field("input"), `graph.node[0] "a\n\x1b" input`},
		{root.Named("tensor", -1, "w"), `tensor "w"`},
		{g.Named("node", 0, strings.Repeat("é", 1000)), `graph.node[0] "` + strings.Repeat("é", 40) + `…"`},
	} {
		if got := c.path.String(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	if got := deep.String(); len(got) > 500 || !strings.Contains(got, "…") {
		t.Errorf("a deep path is printed as %s", got)
	}
}
