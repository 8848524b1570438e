package onnx

import (
	"fmt"
	"math"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx/internal/fieldpath"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"google.golang.org/protobuf/proto"
)

// cost is what inlining would build. It saturates.
type cost struct {
	nodes float64
	links float64 // inputs, outputs and attributes of those nodes
	depth int     // of calls inside one another
}

// linksPerNode bounds links, as a multiple of the limit on nodes. Models have
// some five.
const linksPerNode = 32

func (c *cost) add(d cost) {
	c.nodes += d.nodes
	c.links += d.links
	c.depth = max(c.depth, d.depth)
}

// checkBudget refuses a model whose functions would unfold to too much, before
// anything is built: ten calls each in nine levels are 10^9 nodes in a file of
// 2 kB. It counts from the innermost functions outwards, each once.
func (in *inliner) checkBudget() error {
	costs := map[funcKey]cost{} // of a call, by function
	adder := func(sum *cost) func(*onnxpb.NodeProto) {
		return func(n *onnxpb.NodeProto) {
			sum.links += float64(len(n.GetInput()) + len(n.GetOutput()) + len(n.GetAttribute()))
			if c, called := costs[calleeOf(n)]; called {
				sum.add(c)
			} else {
				sum.nodes++
			}
		}
	}
	var inlined []*onnxpb.FunctionProto
	for _, f := range in.source.Proto.GetFunctions() {
		if in.functions[keyOf(f)] != nil {
			inlined = append(inlined, f)
		}
	}
	for _, f := range callOrder(inlined, in.functions) {
		c := cost{links: float64(len(f.GetInput()) + len(f.GetOutput()) + len(f.GetAttributeProto()))}
		eachBodyNode(f, adder(&c))
		c.depth++
		costs[keyOf(f)] = c
	}
	var total cost
	for _, g := range graphs(in.source.Proto) {
		eachNode(g.GetNode(), adder(&total))
	}
	return in.refuse(total)
}

func (in *inliner) refuse(c cost) error {
	path := (*fieldpath.Path)(nil).Field("graph")
	limits := in.source.limits
	switch most := float64(limits.Nodes); {
	case c.nodes >= most:
		return fail(path, "%s nodes after inlining functions, allowed fewer than %d", approximately(c.nodes), limits.Nodes)
	case c.links > linksPerNode*most:
		return fail(path, "nodes with %s inputs, outputs and attributes after inlining functions, allowed %d", approximately(c.links), linksPerNode*limits.Nodes)
	case c.depth > limits.Depth:
		return fail(path, "functions call one another %d deep, allowed %d", c.depth, limits.Depth)
	}
	return nil
}

// approximately prints a count, in powers of ten if it is large.
func approximately(n float64) string {
	switch {
	case math.IsInf(n, 0):
		return "more than 1e+308"
	case n < 1e15:
		return fmt.Sprintf("%.0f", n)
	}
	return fmt.Sprintf("%.1e", n)
}

// countNodes adds n nodes to those built. It only finds something where a
// graph is passed to functions as an attribute: those copies are not foreseen.
func (in *inliner) countNodes(path *fieldpath.Path, n int) error {
	if in.nodes += n; in.nodes >= in.source.limits.Nodes {
		return fail(path, "%d nodes or more after inlining functions, allowed are fewer", in.source.limits.Nodes)
	}
	return nil
}

// reached returns the functions that get inlined, in the order of the file.
func (in *inliner) reached() []*onnxpb.FunctionProto {
	seen := map[*onnxpb.FunctionProto]bool{}
	var pending []*onnxpb.FunctionProto
	visit := func(f *onnxpb.FunctionProto) {
		if f != nil && !seen[f] {
			seen[f] = true
			pending = append(pending, f)
		}
	}
	for _, g := range graphs(in.source.Proto) {
		eachNode(g.GetNode(), func(n *onnxpb.NodeProto) { visit(in.functions[calleeOf(n)]) })
	}
	for len(pending) > 0 {
		f := pending[0]
		pending = pending[1:]
		for _, g := range callees(f, in.functions) {
			visit(g)
		}
	}
	return inOrder(in.source.Proto.GetFunctions(), seen)
}

// retained returns the functions that stay: those kept and what they call.
func (in *inliner) retained() []*onnxpb.FunctionProto {
	stay := map[*onnxpb.FunctionProto]bool{}
	var pending []*onnxpb.FunctionProto
	for _, f := range in.source.Proto.GetFunctions() {
		if in.functions[keyOf(f)] == nil {
			stay[f] = true
			pending = append(pending, f)
		}
	}
	for len(pending) > 0 {
		f := pending[0]
		pending = pending[1:]
		for _, g := range callees(f, in.all) {
			if !stay[g] {
				stay[g] = true
				pending = append(pending, g)
			}
		}
	}
	return inOrder(in.source.Proto.GetFunctions(), stay)
}

func inOrder(functions []*onnxpb.FunctionProto, in map[*onnxpb.FunctionProto]bool) []*onnxpb.FunctionProto {
	var out []*onnxpb.FunctionProto
	for _, f := range functions {
		if in[f] {
			out = append(out, f)
		}
	}
	return out
}

// imports returns the operator sets that the inlined model uses: the model's,
// and those that only functions use. A body's operators mean what the version
// that the function imports says; where the model has another one, the body
// cannot be moved.
func (in *inliner) imports() ([]*onnxpb.OperatorSetIdProto, error) {
	imports := in.source.Proto.GetOpsetImport()
	imports = imports[:len(imports):len(imports)]
	versions := map[string]int64{}
	for _, o := range imports {
		versions[canonicalDomain(o.GetDomain())] = o.GetVersion()
	}
	conflicts := &errs.UnsupportedError{}
	for _, f := range in.reached() {
		uses := map[string]bool{}
		eachBodyNode(f, func(n *onnxpb.NodeProto) {
			if in.functions[calleeOf(n)] == nil {
				uses[canonicalDomain(n.GetDomain())] = true
			}
		})
		for _, o := range f.GetOpsetImport() {
			domain := canonicalDomain(o.GetDomain())
			have, imported := versions[domain]
			switch {
			case !uses[domain]:
			case !imported:
				versions[domain] = o.GetVersion()
				imports = append(imports, &onnxpb.OperatorSetIdProto{Domain: proto.String(domain), Version: proto.Int64(o.GetVersion())})
			case have != o.GetVersion():
				conflicts.Items = append(conflicts.Items, errs.Unsupported{
					Op: keyOf(f).String(),
					Reason: fmt.Sprintf("the function uses version %d of %s, the model version %d; supported is the same version",
						o.GetVersion(), showDomain(domain), have),
				})
			}
		}
	}
	if len(conflicts.Items) > 0 {
		return nil, conflicts
	}
	return imports, nil
}
