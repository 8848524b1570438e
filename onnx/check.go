package onnx

import (
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx/internal/fieldpath"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// The IR versions that files may have: opset_import came with 3, and 14 is
// ONNX 1.23.
const (
	minIR = 3
	maxIR = 14
)

// Check says whether the model is what the ONNX format allows, as far as that
// can be said without knowing any operator: opset imports, names and scopes,
// single assignment, topological order, attributes, types, tensor sizes,
// functions and their calls. It opens no file. Training information is carried
// along unchecked. The first error is returned, an *errs.FormatError with the
// path of the field, or an *errs.UnsupportedError.
//
// Its time is linear in the size of the model.
func (m *Model) Check() error {
	c := &checker{
		model:           m,
		functions:       map[funcKey]*onnxpb.FunctionProto{},
		functionDomains: map[string]bool{},
		declared:        map[*onnxpb.FunctionProto]map[string]bool{},
	}
	return m.inFile(c.check(m.Proto))
}

type checker struct {
	model           *Model
	functions       map[funcKey]*onnxpb.FunctionProto
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
		return fail(root.Field("ir_version"), "%d, allowed %d to %d", v, minIR, maxIR)
	}
	if p.GetGraph() == nil {
		return fail(root.Field("graph"), "missing")
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

// fail returns a FormatError about what is at path.
func fail(path *fieldpath.Path, format string, args ...any) error {
	return errs.Format(path.String(), format, args...)
}

// checkImports returns the imported versions by domain. ONNX Runtime also takes the
// same import twice.
func checkImports(path *fieldpath.Path, imports []*onnxpb.OperatorSetIdProto) (map[string]int64, error) {
	if len(imports) == 0 {
		return nil, fail(path.Field("opset_import"), "missing: a model says which operator set it uses")
	}
	seen := map[string]int64{}
	for i, o := range imports {
		at := path.Element("opset_import", i)
		domain := canonicalDomain(o.GetDomain())
		if before, twice := seen[domain]; twice && before != o.GetVersion() {
			return nil, fail(at, "domain %s imported twice, with versions %d and %d", showDomain(domain), before, o.GetVersion())
		}
		seen[domain] = o.GetVersion()
		if o.GetVersion() < 1 {
			return nil, fail(at, "version %d of domain %s, allowed 1 or more", o.GetVersion(), showDomain(domain))
		}
	}
	return seen, nil
}

func checkMetadata(path *fieldpath.Path, props []*onnxpb.StringStringEntryProto) error {
	seen := map[string]bool{}
	for i, e := range props {
		if seen[e.GetKey()] {
			return fail(path.Named("metadata_props", i, e.GetKey()), "key given twice")
		}
		seen[e.GetKey()] = true
	}
	return nil
}

// showDomain prints a domain for an error.
func showDomain(domain string) string {
	if canonicalDomain(domain) == "" {
		return "ai.onnx"
	}
	return errs.Quote(domain)
}
