package check

import (
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx/internal/fieldpath"
	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// graph checks a graph whose outer names are in scope, and leaves its own
// names there.
func (c *checker) graph(path *fieldpath.Path, g *onnxpb.GraphProto) error {
	for i, v := range g.GetInput() {
		at := path.Named("input", i, v.GetName())
		if err := c.define(at, v.GetName(), "graph input"); err != nil {
			return err
		}
		if c.depth == 0 && v.GetType() == nil {
			return at.Errorf("no type")
		}
		if err := checkType(at.Field("type"), v.GetType(), c.depth == 0); err != nil {
			return err
		}
	}
	if err := c.initializers(path, g); err != nil {
		return err
	}
	for i, v := range g.GetValueInfo() {
		if err := checkType(path.Named("value_info", i, v.GetName()).Field("type"), v.GetType(), false); err != nil {
			return err
		}
	}
	if err := c.nodes(path, g.GetNode()); err != nil {
		return err
	}
	return c.outputs(path, g)
}

// define adds a name that stands at path to the scope.
func (c *checker) define(path *fieldpath.Path, name, what string) error {
	if name == "" {
		return path.Errorf("%s without a name", what)
	}
	if before := c.scope.define(name, path); before != nil {
		return path.Errorf("name %s is taken by %s: each value is defined once", errs.Quote(name), before)
	}
	return nil
}

// initializers checks the constants of g. One may have the name of a graph
// input, whose default it then is.
func (c *checker) initializers(path *fieldpath.Path, g *onnxpb.GraphProto) error {
	inputs := map[string]bool{}
	for _, v := range g.GetInput() {
		inputs[v.GetName()] = true
	}
	define := func(at *fieldpath.Path, name string) error {
		if inputs[name] && name != "" {
			inputs[name] = false // once
			return nil
		}
		return c.define(at, name, "initializer")
	}
	for i, t := range g.GetInitializer() {
		at := path.Named("initializer", i, t.GetName())
		if err := define(at, t.GetName()); err != nil {
			return err
		}
		if err := c.tensor(at, t); err != nil {
			return err
		}
	}
	for i, s := range g.GetSparseInitializer() {
		at := path.Named("sparse_initializer", i, s.GetValues().GetName())
		if err := define(at, s.GetValues().GetName()); err != nil {
			return err
		}
		if err := c.sparse(at, s); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) outputs(path *fieldpath.Path, g *onnxpb.GraphProto) error {
	seen := map[string]bool{}
	for i, v := range g.GetOutput() {
		at := path.Named("output", i, v.GetName())
		switch {
		case v.GetName() == "":
			return at.Errorf("graph output without a name")
		case seen[v.GetName()]:
			return at.Errorf("given twice")
		case !c.scope.visible(v.GetName()):
			return at.Errorf("not produced by any node%s", c.hint(v.GetName()))
		}
		seen[v.GetName()] = true
		if err := checkType(at.Field("type"), v.GetType(), false); err != nil {
			return err
		}
	}
	return nil
}

// nodes checks the nodes of a graph or of a function's body, in their order.
func (c *checker) nodes(path *fieldpath.Path, nodes []*onnxpb.NodeProto) error {
	c.lists = append(c.lists, nodeList{path, nodes})
	defer func() { c.lists = c.lists[:len(c.lists)-1] }()
	for i, n := range nodes {
		at := path.Typed("node", i, n.GetName(), n.GetOpType())
		if err := c.operator(at, n); err != nil {
			return err
		}
		for j, name := range n.GetInput() {
			if name != "" && !c.scope.visible(name) {
				return c.undefined(i, j)
			}
		}
		if err := c.attributes(at, n); err != nil {
			return err
		}
		for j, name := range n.GetOutput() {
			if name == "" {
				continue
			}
			if before := c.scope.define(name, at); before != nil {
				return at.Errorf("output %d %s is taken by %s: each value is defined once", j, errs.Quote(name), before)
			}
		}
	}
	return nil
}

// operator checks what n calls: that its domain is imported, and if it is a
// model-local function, that the call fits it.
func (c *checker) operator(path *fieldpath.Path, n *onnxpb.NodeProto) error {
	if n.GetOpType() == "" {
		return path.Errorf("node without an op_type")
	}
	if len(n.GetInput()) == 0 && len(n.GetOutput()) == 0 {
		return path.Errorf("node without inputs and outputs")
	}
	if _, ok := c.imports[message.Domain(n.GetDomain())]; !ok {
		return path.Errorf("domain %s is not in opset_import", message.DomainText(n.GetDomain()))
	}
	key := message.Callee(n)
	if f := c.functions[key]; f != nil {
		return c.call(path, n, f)
	}
	if n.GetOverload() != "" || key.Domain != "" && c.functionDomains[key.Domain] {
		return path.Errorf("the model has no function %s, only others of its domain", key)
	}
	return nil
}
