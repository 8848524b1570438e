package inline

import (
	"fmt"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"google.golang.org/protobuf/proto"
)

// reached returns the functions that get inlined, in the order of the file.
func (in *inliner) reached() []*onnxpb.FunctionProto {
	var called []*onnxpb.FunctionProto
	for _, g := range message.Graphs(in.source) {
		message.EachNode(g.GetNode(), func(n *onnxpb.NodeProto) {
			if f := in.functions[message.Callee(n)]; f != nil {
				called = append(called, f)
			}
		})
	}
	return in.closure(called, in.functions)
}

// retained returns the functions that stay: those kept and what they call.
func (in *inliner) retained() []*onnxpb.FunctionProto {
	var kept []*onnxpb.FunctionProto
	for _, f := range in.source.GetFunctions() {
		if in.functions[message.IDOf(f)] == nil {
			kept = append(kept, f)
		}
	}
	return in.closure(kept, in.all)
}

// closure returns the given functions and those among known that they call, directly or
// through others, in the order of the file.
func (in *inliner) closure(pending []*onnxpb.FunctionProto, known map[message.FunctionID]*onnxpb.FunctionProto) []*onnxpb.FunctionProto {
	found := map[*onnxpb.FunctionProto]bool{}
	for len(pending) > 0 {
		f := pending[0]
		pending = pending[1:]
		if !found[f] {
			found[f] = true
			pending = append(pending, message.Callees(f, known)...)
		}
	}
	var ordered []*onnxpb.FunctionProto
	for _, f := range in.source.GetFunctions() {
		if found[f] {
			ordered = append(ordered, f)
		}
	}
	return ordered
}

// imports returns the operator sets that the inlined model uses: the model's,
// and those that only functions use. A body's operators mean what the version
// that the function imports says; where the model has another one, the body
// cannot be moved.
func (in *inliner) imports() ([]*onnxpb.OperatorSetIdProto, error) {
	imports := in.source.GetOpsetImport()
	imports = imports[:len(imports):len(imports)]
	versions := map[string]int64{}
	for _, o := range imports {
		versions[message.Domain(o.GetDomain())] = o.GetVersion()
	}
	conflicts := &errs.UnsupportedError{}
	for _, f := range in.reached() {
		uses := map[string]bool{}
		message.EachBodyNode(f, func(n *onnxpb.NodeProto) {
			if in.functions[message.Callee(n)] == nil {
				uses[message.Domain(n.GetDomain())] = true
			}
		})
		for _, o := range f.GetOpsetImport() {
			domain := message.Domain(o.GetDomain())
			have, imported := versions[domain]
			switch {
			case !uses[domain]:
			case !imported:
				versions[domain] = o.GetVersion()
				imports = append(imports, &onnxpb.OperatorSetIdProto{Domain: proto.String(domain), Version: proto.Int64(o.GetVersion())})
			case have != o.GetVersion():
				conflicts.Items = append(conflicts.Items, errs.Unsupported{
					Op: message.IDOf(f).String(),
					Reason: fmt.Sprintf("the function uses version %d of %s, the model version %d; supported is the same version",
						o.GetVersion(), message.DomainText(domain), have),
				})
			}
		}
	}
	if len(conflicts.Items) > 0 {
		return nil, conflicts
	}
	return imports, nil
}
