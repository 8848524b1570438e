package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/onnx/internal/fieldpath"
	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// checkFunctions checks every function by itself, then that none calls itself.
func (c *checker) checkFunctions(functions []*onnxpb.FunctionProto) error {
	for i, f := range functions {
		at := message.FunctionPath(i, f)
		if f.GetName() == "" {
			return at.Errorf("function without a name")
		}
		key := message.IDOf(f)
		if c.functions[key] != nil {
			return at.Errorf("function %s given twice", key)
		}
		c.functions[key] = f
		c.functionDomains[key.Domain] = true
	}
	for i, f := range functions {
		if err := c.checkFunction(message.FunctionPath(i, f), f); err != nil {
			return err
		}
	}
	if cycle := message.CallCycle(functions, c.functions); cycle != nil {
		var names []string
		for _, f := range cycle {
			names = append(names, message.IDOf(f).String())
		}
		i := slices.Index(functions, cycle[0])
		return message.FunctionPath(i, cycle[0]).Errorf("calls itself: %s", strings.Join(elide(names), " → "))
	}
	return nil
}

func (c *checker) checkFunction(path *fieldpath.Path, f *onnxpb.FunctionProto) error {
	imports, err := checkImports(path, f.GetOpsetImport())
	if err != nil {
		return err
	}
	c.function, c.imports, c.scope = f, imports, newScope()
	if err := c.functionAttributes(path, f); err != nil {
		return err
	}
	for i, name := range f.GetInput() {
		if err := c.define(path.Named("input", i, name), name, "function input"); err != nil {
			return err
		}
	}
	if err := c.nodes(path, f.GetNode()); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i, name := range f.GetOutput() {
		at := path.Named("output", i, name)
		switch {
		case seen[name]:
			return at.Errorf("given twice")
		case !c.scope.visible(name):
			return at.Errorf("not produced by any node of the body%s", c.hint(name))
		}
		seen[name] = true
	}
	return nil
}

// functionAttributes checks the attributes that f declares. Those in
// attribute_proto have a default.
func (c *checker) functionAttributes(path *fieldpath.Path, f *onnxpb.FunctionProto) error {
	seen := map[string]bool{}
	for i, name := range f.GetAttribute() {
		if name == "" || seen[name] {
			return path.Named("attribute", i, name).Errorf("empty or given twice")
		}
		seen[name] = true
	}
	for i, a := range f.GetAttributeProto() {
		at := path.Named("attribute_proto", i, a.GetName())
		if a.GetName() == "" || seen[a.GetName()] {
			return at.Errorf("empty name or given twice")
		}
		seen[a.GetName()] = true
		if a.GetRefAttrName() != "" {
			return at.Errorf("ref_attr_name in a default, allowed is a value")
		}
		if err := c.attribute(at, a); err != nil {
			return err
		}
	}
	return nil
}

// call compares a node with the function that it calls. Inputs and
// outputs may be left out, attributes too.
func (c *checker) call(path *fieldpath.Path, n *onnxpb.NodeProto, f *onnxpb.FunctionProto) error {
	if have, most := len(n.GetInput()), len(f.GetInput()); have > most {
		return path.Errorf("%d inputs, the function %s allows %d", have, message.IDOf(f), most)
	}
	if have, most := len(n.GetOutput()), len(f.GetOutput()); have > most {
		return path.Errorf("%d outputs, the function %s allows %d", have, message.IDOf(f), most)
	}
	for i, a := range n.GetAttribute() {
		if !c.declares(f, a.GetName()) {
			return path.Named("attribute", i, a.GetName()).Errorf("the function %s allows only %s", message.IDOf(f), list(attributeNames(f)))
		}
	}
	return nil
}

func (c *checker) declares(f *onnxpb.FunctionProto, attribute string) bool {
	known := c.declared[f]
	if known == nil {
		known = map[string]bool{}
		for _, name := range attributeNames(f) {
			known[name] = true
		}
		c.declared[f] = known
	}
	return known[attribute]
}

func attributeNames(f *onnxpb.FunctionProto) []string {
	names := slices.Clone(f.GetAttribute())
	for _, a := range f.GetAttributeProto() {
		names = append(names, a.GetName())
	}
	return names
}

// elide leaves out the middle of a long list.
func elide(names []string) []string {
	const most = 8
	if len(names) <= most {
		return names
	}
	head := slices.Clone(names[:most-2])
	return append(head, fmt.Sprintf("(%d more)", len(names)-most+1), names[len(names)-1])
}
