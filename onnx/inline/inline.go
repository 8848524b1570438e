package inline

import (
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/check"
	"github.com/mixconv/mixconv/onnx/internal/fieldpath"
	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"google.golang.org/protobuf/proto"
)

// Model returns a model in which every call of a model-local function is
// replaced by the function's body, in subgraphs and functions called by
// functions too, except for those that keep (which may be nil) wants to stay.
// Functions that stay keep their FunctionProto, and those that they call; all
// others are gone from the result.
//
// A body's values and nodes get the name of the call in front: what `split` is
// in the body is `blocks_3/dw/split` after inlining the node `blocks_3/dw`,
// or with `_2`, `_3` … behind it if that is taken.
//
// The model is checked first, and the result again. limit.Nodes nodes or
// more are refused before anything is built; a function that uses another
// version of an operator set than the model is an *errs.UnsupportedError. The
// result shares unchanged parts with m, and the files that m was read from: neither
// may be modified afterwards without a proto.Clone.
func Model(m *onnx.Model, keep func(*onnxpb.FunctionProto) bool) (*onnx.Model, error) {
	if err := check.Model(m); err != nil {
		return nil, err
	}
	p, err := newInliner(m, keep).model()
	if err != nil {
		return nil, errs.InFile(m.Name(), err)
	}
	out := *m
	out.Proto = p
	return &out, check.Model(&out)
}

type inliner struct {
	source    *onnxpb.ModelProto
	limits    limit.Limits
	all       map[message.FunctionID]*onnxpb.FunctionProto // every function of the model
	functions map[message.FunctionID]*onnxpb.FunctionProto // those to be inlined
	values    names
	nodeNames names
	nodes     int  // built so far
	identity  bool // an Identity was added
}

func newInliner(m *onnx.Model, keep func(*onnxpb.FunctionProto) bool) *inliner {
	in := &inliner{
		source:    m.Proto,
		limits:    m.Limits(),
		all:       map[message.FunctionID]*onnxpb.FunctionProto{},
		functions: map[message.FunctionID]*onnxpb.FunctionProto{},
		values:    newNames(m.Limits().NameBytes),
		nodeNames: newNames(m.Limits().NameBytes),
	}
	for _, f := range m.Proto.GetFunctions() {
		in.all[message.IDOf(f)] = f
		if keep == nil || !keep(f) {
			in.functions[message.IDOf(f)] = f
		}
	}
	return in
}

func (in *inliner) model() (*onnxpb.ModelProto, error) {
	p := in.source
	if err := in.checkBudget(); err != nil {
		return nil, err
	}
	imports, err := in.imports()
	if err != nil {
		return nil, err
	}
	for _, g := range message.Graphs(p) {
		in.takeNames(g)
	}
	q := message.Shallow(p)
	q.OpsetImport, q.Functions, q.TrainingInfo = imports, in.retained(), nil
	top := &instance{} // of the model itself: nothing is renamed
	if q.Graph, err = in.graph((*fieldpath.Path)(nil).Field("graph"), p.GetGraph(), top); err != nil {
		return nil, err
	}
	for i, t := range p.GetTrainingInfo() {
		path := (*fieldpath.Path)(nil).Element("training_info", i)
		t = message.Shallow(t)
		if t.Initialization, err = in.graph(path.Field("initialization"), t.GetInitialization(), top); err != nil {
			return nil, err
		}
		if t.Algorithm, err = in.graph(path.Field("algorithm"), t.GetAlgorithm(), top); err != nil {
			return nil, err
		}
		q.TrainingInfo = append(q.TrainingInfo, t)
	}
	if _, ok := message.Opset(imports, ""); in.identity && !ok {
		q.OpsetImport = append(q.OpsetImport, &onnxpb.OperatorSetIdProto{Version: proto.Int64(identityOpset)})
	}
	return q, nil
}

// identityOpset is imported where an Identity is needed by a model that uses
// no other operator of ONNX's own. All versions of it do the same.
const identityOpset = 13

// instance is one call of a function being inlined: what the body's names and
// attributes stand for there. The instance of the model itself renames nothing.
type instance struct {
	prefix     string                            // for new names
	values     map[string]string                 // nil: names stay
	outputs    map[string]string                 // what the function's outputs are called by the caller
	attributes map[string]*onnxpb.AttributeProto // the call's, complete with defaults
	depth      int                               // of subgraphs inside the body
}

// value returns what a name of the body is called after inlining; an absent
// optional input of the function is "".
func (s *instance) value(name string) string {
	if s.values == nil {
		return name
	}
	return s.values[name]
}

// define returns the new name of a value that the body defines.
func (in *inliner) define(s *instance, name string) string {
	if s.values == nil || name == "" {
		return name
	}
	final, isOutput := s.outputs[name]
	if !isOutput || s.depth > 0 {
		final = in.values.unique(s.prefix + "/" + name)
	}
	s.values[name] = final
	return final
}

// body appends nodes, with calls replaced, to out.
func (in *inliner) body(path *fieldpath.Path, out, nodes []*onnxpb.NodeProto, s *instance) ([]*onnxpb.NodeProto, error) {
	for i, n := range nodes {
		at := path.Typed("node", i, n.GetName(), n.GetOpType())
		var err error
		if f := in.functions[message.Callee(n)]; f != nil {
			out, err = in.call(at, out, n, f, s)
		} else {
			out, err = in.plain(at, out, n, s)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// plain appends a node that is not inlined.
func (in *inliner) plain(path *fieldpath.Path, out []*onnxpb.NodeProto, n *onnxpb.NodeProto, s *instance) ([]*onnxpb.NodeProto, error) {
	if err := in.countNodes(path, 1); err != nil {
		return nil, err
	}
	if s.values == nil && !hasSubgraph(n) {
		return append(out, n), nil
	}
	attributes, err := in.attributes(path, n.GetAttribute(), s)
	if err != nil {
		return nil, err
	}
	c := message.Shallow(n)
	c.Attribute, c.Input, c.Output = attributes, nil, nil
	for _, name := range n.GetInput() {
		c.Input = append(c.Input, s.value(name))
	}
	for _, name := range n.GetOutput() {
		c.Output = append(c.Output, in.define(s, name))
	}
	if s.values != nil {
		c.Name = proto.String(in.nodeNames.unique(s.prefix + "/" + nodeTitle(n)))
	}
	return append(out, c), nil
}

// call appends the body of f for the node n that calls it.
func (in *inliner) call(path *fieldpath.Path, out []*onnxpb.NodeProto, n *onnxpb.NodeProto, f *onnxpb.FunctionProto, s *instance) ([]*onnxpb.NodeProto, error) {
	callee := &instance{values: map[string]string{}, outputs: map[string]string{}, prefix: nodeTitle(n)}
	if s.values != nil {
		callee.prefix = s.prefix + "/" + callee.prefix
	}
	callee.prefix = tail(callee.prefix, in.limits.NameBytes/2)
	if err := in.bindAttributes(path, n, f, s, callee); err != nil {
		return nil, err
	}
	for i, name := range f.GetInput() {
		callee.values[name] = ""
		if i < len(n.GetInput()) {
			callee.values[name] = s.value(n.GetInput()[i])
		}
	}
	for i, name := range f.GetOutput() {
		if i < len(n.GetOutput()) && n.GetOutput()[i] != "" {
			callee.outputs[name] = in.define(s, n.GetOutput()[i])
		}
	}
	out, err := in.passThrough(path, out, f, callee)
	if err != nil {
		return nil, err
	}
	return in.body(message.FunctionPath(-1, f), out, f.GetNode(), callee)
}

// passThrough appends an Identity for each output of f that is one of its
// inputs.
func (in *inliner) passThrough(path *fieldpath.Path, out []*onnxpb.NodeProto, f *onnxpb.FunctionProto, callee *instance) ([]*onnxpb.NodeProto, error) {
	for _, name := range f.GetOutput() {
		from, isInput := callee.values[name]
		to, wanted := callee.outputs[name]
		if !isInput || !wanted {
			continue
		}
		if from == "" {
			return nil, path.Errorf("output %s of the function %s is an input that the call leaves out", errs.Quote(name), message.IDOf(f))
		}
		if err := in.countNodes(path, 1); err != nil {
			return nil, err
		}
		in.identity = true
		out = append(out, &onnxpb.NodeProto{
			OpType: proto.String("Identity"),
			Name:   proto.String(in.nodeNames.unique(callee.prefix + "/" + name)),
			Input:  []string{from},
			Output: []string{to},
		})
	}
	return out, nil
}

// nodeTitle is what a node is called in the names of what it is made of.
func nodeTitle(n *onnxpb.NodeProto) string {
	if n.GetName() != "" {
		return n.GetName()
	}
	for _, name := range n.GetOutput() {
		if name != "" {
			return name
		}
	}
	return n.GetOpType()
}

func hasSubgraph(n *onnxpb.NodeProto) bool {
	for range message.Subgraphs(n) {
		return true
	}
	return false
}
