package graphtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/act"
	"github.com/mixconv/mixconv/runtime/internal/graph"
)

// Parse reads a graph as graph.Graph.Dump writes it. Beside that it takes empty lines and
// lines that begin with #, operators without a version, which is the last one, values
// without a type, which is found by inference, and constants without data: see constant.
// A line that begins with two spaces is of a node that the next one computes on the way.
//
// A node has the name of its first output. What a dump does not tell is lost: which
// constants are one, what constants were called and computed from, and graphs in
// attributes, which are an error.
func Parse(text string) (*graph.Graph, error) { return parse(text, mostElements) }

func parse(text string, mostElements int64) (*graph.Graph, error) {
	p := &parser{g: &graph.Graph{Reads: &graph.Reads{}}, values: map[string]*graph.Value{}, left: mostElements}
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		p.scanner, p.part = scanner{line}, strings.HasPrefix(line, "  ")
		if p.end() || p.at("#") {
			continue
		}
		err := p.line()
		if err == nil && !p.end() {
			err = fmt.Errorf("%q is left at the end of the line", p.rest)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	if p.pre != nil {
		return nil, fmt.Errorf("no node computes %q, which is indented", p.pre.Name)
	}
	return p.g, nil
}

type parser struct {
	scanner
	g         *graph.Graph
	values    map[string]*graph.Value
	constants int   // so many had a type
	left      int64 // elements that further constants may have

	part bool        // the line is of a node that the next one computes on the way
	pre  *graph.Node // such a node, until the next one is read
}

func (p *parser) line() (err error) {
	switch {
	case p.take("graph "):
		p.g.Name, err = p.name()
		return err
	case p.take("input "):
		v, err := p.made()
		if err == nil {
			p.g.Inputs = append(p.g.Inputs, v)
		}
		return err
	case p.take("output "):
		name, err := p.name()
		if err == nil {
			err = p.need("=")
		}
		if err != nil {
			return err
		}
		v, err := p.value()
		if err == nil && v == nil {
			err = fmt.Errorf("output %q of no value", name)
		}
		p.g.Outputs = append(p.g.Outputs, graph.Output{Name: name, Value: v})
		return err
	}
	return p.node()
}

// made reads the name of a new value and its type.
func (p *parser) made() (*graph.Value, error) {
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	if p.values[name] != nil {
		return nil, fmt.Errorf("value %q is there already", name)
	}
	v := &graph.Value{Name: name}
	if !p.end() && !p.at(",") && !p.at("=") {
		if v.Type, err = p.typ(); err != nil {
			return nil, err
		}
	}
	p.values[name] = v
	return v, nil
}

// value reads what is read: the name of a value, a constant, or _ for nothing.
func (p *parser) value() (*graph.Value, error) {
	before := p.scanner
	if !p.at(`"`) && (p.at("[") || strings.Contains(p.until(" ,)"), "[")) {
		p.scanner = before
		t, err := p.constant()
		if err != nil {
			return nil, err
		}
		return graph.Constant("", t), nil
	}
	p.scanner = before
	quoted := p.at(`"`)
	name, err := p.name()
	if err != nil || name == "_" && !quoted {
		return nil, err
	}
	if v := p.values[name]; v != nil {
		return v, nil
	}
	return nil, fmt.Errorf("value %q, which nothing before makes", name)
}

func (p *parser) node() error {
	var out []*graph.Value
	var fresh []string // outputs are made behind the node
	var means *graph.Value
	for {
		if p.take("means(") {
			var err error
			if means, err = p.made(); err == nil {
				err = p.need(")")
			}
			if err != nil {
				return err
			}
			break
		}
		var v *graph.Value
		if p.at("_ ") || p.at("_,") {
			p.take("_")
		} else {
			var err error
			if v, err = p.made(); err != nil {
				return err
			}
			fresh = append(fresh, v.Name)
		}
		if out = append(out, v); !p.take(",") {
			break
		}
	}
	if len(fresh) == 0 {
		return fmt.Errorf("a node that makes nothing")
	}
	for _, v := range out {
		if v != nil {
			delete(p.values, v.Name)
		}
	}
	if err := p.need("="); err != nil {
		return err
	}
	n, err := p.operation(fresh[0], out)
	if err != nil {
		return err
	}
	for _, v := range out {
		if v != nil {
			p.values[v.Name] = v
		}
	}
	if n.Pre, p.pre = p.pre, nil; p.part {
		p.pre = n
		return nil
	}
	if n.Means = means; means != nil {
		means.Def = n
	}
	p.g.Nodes = append(p.g.Nodes, n)
	return nil
}

// operation reads a node from its operator on.
func (p *parser) operation(name string, out []*graph.Value) (*graph.Node, error) {
	o, version, err := operator(strings.TrimSpace(p.until("( ")))
	if err == nil {
		err = p.need("(")
	}
	if err != nil {
		return nil, err
	}
	var in []*graph.Value
	for !p.take(")") {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		in = append(in, v)
		if !p.take(",") && !p.at(")") {
			return nil, fmt.Errorf("%q where a comma or ) is expected", p.rest)
		}
	}
	n := graph.NewNode(name, o.Code, ops.Attrs{}, in, out)
	n.Version = version
	for !p.end() {
		if err := p.more(n); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// operator finds what Conv-11 and Conv stand for.
func operator(word string) (*ops.Op, int, error) {
	name, since, given := strings.Cut(word, "-")
	version := ops.MaxOpset
	if name == op.MDConv.String() && !given {
		return ops.MDConv, 0, nil
	}
	if given {
		var err error
		if version, err = strconv.Atoi(since); err != nil {
			return nil, 0, fmt.Errorf("version %q of %s is no number", since, name)
		}
	}
	o, found, err := ops.Lookup("", name, version)
	if err == nil && given && found != version {
		err = fmt.Errorf("there is no version %d, but %v", version, o.Since)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("operator %q: %w", name, err)
	}
	return o, found, nil
}

// more reads an attribute of n, or what it does to its results.
func (p *parser) more(n *graph.Node) (err error) {
	switch {
	case p.take("*"):
		scale, err := strconv.ParseFloat(p.until(" "), 32)
		n.Post.Scale = float32(scale)
		return err
	case p.take("+("):
		if n.Post.Bias, err = p.value(); err == nil {
			err = p.need(")")
		}
		return err
	case p.take("+"):
		n.Post.Residual, err = p.value()
		return err
	case p.take("→"):
		n.Post.Act, err = p.activation()
		return err
	}
	name, err := p.name()
	if err != nil {
		return err
	}
	if name == "integers" && !p.at("=") {
		n.Integers = true
		return nil
	}
	specs, kind := n.Op.Attrs(n.Version), ops.String
	if i := slices.IndexFunc(specs, func(s ops.AttrSpec) bool { return s.Name == name }); i >= 0 {
		kind = specs[i].Kind
	} else if !strings.HasPrefix(name, "__") { // a tool's note
		return fmt.Errorf("%s-%d has no attribute %q", n.Op, n.Version, name)
	}
	if err := p.need("="); err != nil {
		return err
	}
	if n.Attrs[name], err = p.attribute(kind); err != nil {
		return fmt.Errorf("attribute %s: %w", name, err)
	}
	return nil
}

func (p *parser) activation() (act.Func, error) {
	name := p.until(" (")
	for k := act.Relu; k <= act.GeluTanh; k++ {
		if k.String() != name {
			continue
		}
		f := k.Usual()
		if !p.at("(") {
			return f, nil
		}
		words, err := p.list("(", ")")
		if err == nil && len(words) != 2 {
			err = fmt.Errorf("%d parameters of %s, must be 2", len(words), name)
		}
		if err != nil {
			return f, err
		}
		both, err := floats(words)
		if err == nil {
			f.A, f.B = both[0], both[1]
		}
		return f, err
	}
	return act.Func{}, fmt.Errorf("activation %q is unknown", name)
}

func (p *parser) attribute(kind ops.AttrKind) (any, error) {
	switch kind {
	case ops.String:
		return p.name()
	case ops.Int:
		return strconv.ParseInt(p.until(" "), 10, 64)
	case ops.Float:
		v, err := strconv.ParseFloat(p.until(" "), 32)
		return float32(v), err
	case ops.Tensor:
		return p.constant()
	case ops.TypeProto:
		return p.typ()
	case ops.Ints, ops.Floats, ops.Strings:
		words, err := p.list("[", "]")
		if err != nil || kind == ops.Strings {
			return words, err
		}
		if kind == ops.Floats {
			return floats(words)
		}
		list := make([]int64, len(words))
		for i, word := range words {
			if list[i], err = strconv.ParseInt(word, 10, 64); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	return nil, fmt.Errorf("the text does not hold attributes of type %s", kind)
}

func floats(words []string) ([]float32, error) {
	list := make([]float32, len(words))
	for i, word := range words {
		v, err := strconv.ParseFloat(word, 32)
		if err != nil {
			return nil, err
		}
		list[i] = float32(v)
	}
	return list, nil
}
