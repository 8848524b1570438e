package check

import (
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/internal/fieldpath"
	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// The IR versions that files may have: opset_import came with 3, and 14 is
// ONNX 1.23.
const (
	minIR = 3
	maxIR = 14
)

// Model says whether m is what the ONNX format allows, as far as that
// can be said without knowing any operator: opset imports, names and scopes,
// single assignment, topological order, attributes, types, tensor sizes,
// functions and their calls. It opens no file. Training information is carried
// along unchecked. The first error is returned, an *errs.FormatError with the
// path of the field, or an *errs.UnsupportedError.
//
// Its time is linear in the size of the model.
func Model(m *onnx.Model) error {
	c := &checker{
		model:           m,
		limits:          m.Limits(),
		functions:       map[message.FunctionID]*onnxpb.FunctionProto{},
		functionDomains: map[string]bool{},
		declared:        map[*onnxpb.FunctionProto]map[string]bool{},
	}
	return errs.InFile(m.Name(), c.check(m.Proto))
}

type checker struct {
	model           *onnx.Model
	limits          limit.Limits
	functions       map[message.FunctionID]*onnxpb.FunctionProto
	functionDomains map[string]bool
	declared        map[*onnxpb.FunctionProto]map[string]bool // attributes
	bytes           int64                                     // of all tensors so far

	// Where the check is:
	function *onnxpb.FunctionProto // the enclosing function, or nil
	imports  map[string]int64      // of the model or the enclosing function
	scope    scope
	lists    []nodeList // of the graphs around, innermost last
	depth    int        // of subgraphs
}

func (c *checker) check(p *onnxpb.ModelProto) error {
	var root *fieldpath.Path
	if v := p.GetIrVersion(); v < minIR || v > maxIR {
		return root.Field("ir_version").Errorf("%d, allowed %d to %d", v, minIR, maxIR)
	}
	if p.GetGraph() == nil {
		return root.Field("graph").Errorf("missing")
	}
	imports, err := checkImports(root, p.GetOpsetImport())
	if err != nil {
		return err
	}
	if err := checkMetadata(root, p.GetMetadataProps()); err != nil {
		return err
	}
	if err := c.checkFunctions(p.GetFunctions()); err != nil {
		return err
	}
	c.function, c.imports, c.scope = nil, imports, newScope()
	return c.graph(root.Field("graph"), p.GetGraph())
}

// checkImports returns the imported versions by domain. ONNX Runtime also takes the
// same import twice.
func checkImports(path *fieldpath.Path, imports []*onnxpb.OperatorSetIdProto) (map[string]int64, error) {
	if len(imports) == 0 {
		return nil, path.Field("opset_import").Errorf("missing: a model says which operator set it uses")
	}
	seen := map[string]int64{}
	for i, o := range imports {
		at := path.Element("opset_import", i)
		domain := message.Domain(o.GetDomain())
		if before, twice := seen[domain]; twice && before != o.GetVersion() {
			return nil, at.Errorf("domain %s imported twice, with versions %d and %d", message.DomainText(domain), before, o.GetVersion())
		}
		seen[domain] = o.GetVersion()
		if o.GetVersion() < 1 {
			return nil, at.Errorf("version %d of domain %s, allowed 1 or more", o.GetVersion(), message.DomainText(domain))
		}
	}
	return seen, nil
}

func checkMetadata(path *fieldpath.Path, props []*onnxpb.StringStringEntryProto) error {
	seen := map[string]bool{}
	for i, e := range props {
		if seen[e.GetKey()] {
			return path.Named("metadata_props", i, e.GetKey()).Errorf("key given twice")
		}
		seen[e.GetKey()] = true
	}
	return nil
}
