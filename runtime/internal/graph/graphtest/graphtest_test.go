package graphtest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// everything has what the text of a graph may hold.
const everything = `graph "a name"
input x float32[?,4,8,8]
input "y z" optional(sequence(float32)[…])
input list sequence(int64)[…]
"input" float32[?,4,8,8] = Conv-22(x, float32[4,4,1,1], float32[4]{0.5 -1 1e-07 +Inf}) auto_pad=VALID group=1 kernel_shape=[1 1] integers +x →clip(0 6)
a float32[?,4,8,8] = MDConv(input, float32[2,1,3,3], float32[2,1,5,5], float32[4]{0 0 0 NaN}) auto_pad=SAME_UPPER split=[2 2] strides=[1 1] →swish
b float32[?,4,8,6] = MatMul-13(a, float32[8,6]) *0.25 +(float32[6]{1 2 3 4 5 6}) →leaky_relu(0.2 0)
c float32[24,8] = Reshape-25(b, [-1 8])
v float32[2,8], _ = TopK-24(c, [2]) axis=0
d float32[24,8] = Add-14(c, float32[]{1}) →swish(1.702 0)
e float32[1] = Constant-25() value=float32[1]{7}
f string[2] = Identity-25(string[2]{"a]" " b"})
output y = d
output "" = [1 2 3]
output p = int64[]{5}
output q = bool[1,2]{true false}
output r = complex64[1]{(1+2i)}
output s = uint4[3]
`

func text(t testing.TB, g *graph.Graph) string {
	t.Helper()
	var b bytes.Buffer
	if err := g.Dump(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func parsed(t testing.TB, s string) *graph.Graph {
	t.Helper()
	g, err := Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestRoundTrip: what was read is written as it was.
func TestRoundTrip(t *testing.T) {
	texts := []string{everything}
	files, err := filepath.Glob("../../../../testdata/dumps/*ed.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(data))
	}
	for _, want := range texts {
		got := strings.Split(text(t, parsed(t, want)), "\n")
		for i, line := range strings.Split(want, "\n") {
			if i >= len(got) || got[i] != line {
				t.Fatalf("line %d %q is written otherwise: %q", i+1, line, got[min(i, len(got)-1)])
			}
		}
	}
}

// TestParseRefuses: what is no graph is an error that names the line.
func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"y = Relu(x)": `line 1: value "x", which nothing before makes`,
		"\ninput x float32[1]\ninput x float32[1]":   `line 3: value "x" is there already`,
		"input x float33[1]":                         `line 1: "float33[1]" where a type is expected`,
		"input x float32[-1]":                        `line 1: dimension "-1", allowed are ? and numbers from 0`,
		"y = Relo([1])":                              `line 1: operator "Relo"`,
		"y = Relu-15([1])":                           "there is no version 15, but [1 6 13 14]",
		"y = Relu([1]) alpha=1":                      `Relu-14 has no attribute "alpha"`,
		"y = Relu(float32[2]{1 2 3})":                "3 values for float32[2] of 2 elements",
		"y = Relu(uint8[1]{256})":                    `"256" is no uint8`,
		"y = Relu(float32[99999,99999,99999,99999])": "line 1: ",
		"y = Relu([1]) →sigmund":                     `activation "sigmund" is unknown`,
		"y = Relu([1]":                               "where a comma or ) is expected",
		"y = If([1]) then_branch=graph(1)":           "the text does not hold attributes of type graph",
		"_ = Relu([1])":                              "line 1: ",
		"y = Relu([1]) more":                         "line 1: ",
		"output y = _":                               `line 1: output "y" of no value`,
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(everything)
	f.Add("x float32[2] = Relu(float32[2])\n# note\noutput x = x")
	f.Fuzz(func(t *testing.T, s string) {
		g, err := parse(s, 1<<12)
		if err != nil {
			return
		}
		first := text(t, g)
		if again := text(t, parsed(t, first)); again != first {
			t.Errorf("%q is written again as %q", first, again)
		}
	})
}

// TestCheck: each fault is found.
func TestCheck(t *testing.T) {
	build := func() *graph.Graph {
		g := parsed(t, `input x float32[2,3]
a = Relu(x)
b = Add(a, float32[3]{1 2 3})
output y = b`)
		if err := g.Infer(limit.NewLoad(context.Background(), limit.Limits{}), nil); err != nil {
			t.Fatal(err)
		}
		return g
	}
	if err := Check(build()); err != nil {
		t.Fatal(err)
	}
	other := &graph.Value{Name: "other", Type: ops.Type{DType: tensor.Float32, Shape: tensor.Shape{2, 3}}}
	for want, harm := range map[string]func(g *graph.Graph){
		`node 0 "b": reads "a", which nothing before makes`: func(g *graph.Graph) { g.Nodes[0], g.Nodes[1] = g.Nodes[1], g.Nodes[0] },
		`"b" is made already`:                               func(g *graph.Graph) { g.Nodes = append(g.Nodes, g.Nodes[1]) },
		`does not name this node`:                           func(g *graph.Graph) { g.Nodes[0].Out[0].Def = g.Nodes[1] },
		`output 0 "y": nothing makes its value`:             func(g *graph.Graph) { g.Outputs[0].Value = other },
		`Relu makes "a": float32[3,2], its inputs make it float32[2,3]`: func(g *graph.Graph) {
			g.Nodes[0].Out[0].Type.Shape = tensor.Shape{3, 2}
		},
		"input 0 is missing": func(g *graph.Graph) { g.Inputs[0].Def = g.Nodes[0] },
		"holds float32[3]":   func(g *graph.Graph) { g.Nodes[1].In[1].Type.Shape = tensor.Shape{1, 3} },
		`adds "a", float32[2,3], to float32[2,4]`: func(g *graph.Graph) {
			a := g.Nodes[0].Out[0]
			product := &graph.Value{Name: "p", Type: ops.Type{DType: tensor.Float32, Shape: tensor.Shape{2, 4}}}
			m := graph.NewNode("p", op.MatMul, nil, []*graph.Value{a, graph.Constant("", tensor.New(tensor.Float32, 3, 4))}, []*graph.Value{product})
			m.Post.Residual = a
			g.Nodes = append(g.Nodes, m)
		},
	} {
		g := build()
		harm(g)
		if err := Check(g); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// TestSame: it compares, and epilogues are part of what is run.
func TestSame(t *testing.T) {
	plain := parsed(t, `input x float32[?,3]
m float32[?,2] = MatMul(x, float32[3,2])
s float32[?,2] = Mul(m, float32[]{0.5})
b float32[?,2] = Add(s, float32[2]{3 4})
y float32[?,2] = Clip(b, float32[]{0}, float32[]{3.5})
output y = y`)
	fused := func(more string) *graph.Graph {
		return parsed(t, "input x float32[?,3]\nm float32[?,2] = MatMul(x, float32[3,2])"+more+"\noutput y = m")
	}
	if compared, err := Same(plain, fused(" *0.5 +(float32[2]{3 4}) →clip(0 3.5)"), Tolerance{}); !compared || err != nil {
		t.Error(compared, err)
	}
	for _, more := range []string{"", " *0.5 +(float32[2]{3 4})", " *0.5 →clip(0 3.5)", " +(float32[2]{3 4}) →clip(0 3.5)"} {
		if compared, err := Same(plain, fused(more), Tolerance{Relative: 1e-3}); !compared || err == nil {
			t.Errorf("%q: compared %v, error %v", more, compared, err)
		}
	}
}

// TestOnlyTestsImport: nothing that is built for users imports this package.
func TestOnlyTestsImport(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "github.com/mixconv/mixconv/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); strings.Contains(strings.Join(fields[1:], " "), "graph/graphtest") {
			t.Errorf("%s imports graphtest outside its tests", fields[0])
		}
	}
	if len(out) == 0 {
		t.Error("no packages")
	}
}

// TestNodesAreMadeInOnePlace: nodes come from graph.NewNode and Node.With, and from a
// file's, and what works on graphs knows the last version of every operator alone.
func TestNodesAreMadeInOnePlace(t *testing.T) {
	files := 0
	err := filepath.WalkDir("../..", func(path string, _ os.DirEntry, err error) error {
		path = filepath.ToSlash(path)
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		files++
		if strings.Contains(string(data), "&graph.Node{") || strings.Contains(string(data), "&Node{") && path != "../../graph/graph.go" && path != "../../graph/build.go" {
			t.Errorf("%s has a literal of a node", path)
		}
		if strings.Contains(string(data), ".Version") && !strings.HasPrefix(path, "../../graph/") {
			t.Errorf("%s asks for the version of an operator: package graph makes old ones new", path)
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files, %v", files, err)
	}
}
