package message

import (
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx/internal/fieldpath"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// FunctionID is what identifies a function, and what a node calls it by.
type FunctionID struct{ Domain, Name, Overload string }

// IDOf is what f is called by.
func IDOf(f *onnxpb.FunctionProto) FunctionID {
	return FunctionID{Domain(f.GetDomain()), f.GetName(), f.GetOverload()}
}

// Callee is what n calls: a model-local function if there is one of that name, else
// an operator.
func Callee(n *onnxpb.NodeProto) FunctionID {
	return FunctionID{Domain(n.GetDomain()), n.GetOpType(), n.GetOverload()}
}

// String prints a function's name for errors: domain.name:overload.
func (id FunctionID) String() string {
	s := id.Name
	if id.Domain != "" {
		s = id.Domain + "." + s
	}
	if id.Overload != "" {
		s += ":" + id.Overload
	}
	return errs.Quote(s)
}

// FunctionPath is the place of f, which is the model's function number i; -1 if the
// number does not matter.
func FunctionPath(i int, f *onnxpb.FunctionProto) *fieldpath.Path {
	return (*fieldpath.Path)(nil).Named("functions", i, f.GetName())
}

// Domain maps the long name of ONNX's own domain to the short one.
func Domain(domain string) string {
	if domain == "ai.onnx" {
		return ""
	}
	return domain
}

// DomainText prints a domain for a person.
func DomainText(domain string) string {
	if Domain(domain) == "" {
		return "ai.onnx"
	}
	return errs.Quote(domain)
}

// Opset returns the imported version of a domain and whether it is imported.
func Opset(imports []*onnxpb.OperatorSetIdProto, domain string) (int64, bool) {
	domain = Domain(domain)
	for _, o := range imports {
		if Domain(o.GetDomain()) == domain {
			return o.GetVersion(), true
		}
	}
	return 0, false
}
