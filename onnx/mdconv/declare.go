package mdconv

import (
	"fmt"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"google.golang.org/protobuf/proto"
)

// Signature is what the canonical functions differ in.
type Signature struct {
	Groups int
	Same   bool
}

// Declare adds the canonical functions of those signatures to m, unless they
// are there, and the import of their domain, and raises the IR version to the
// first that has functions. It fails if m has another function of such a name,
// another version of the domain, or an opset that the bodies are not written
// for.
func Declare(m *onnx.Model, used map[Signature]bool) error {
	if len(used) == 0 {
		return nil
	}
	opset, _ := m.Opset("")
	if opset < MinOpset || opset > MaxOpset {
		return &errs.UnsupportedError{Items: []errs.Unsupported{{Op: "MDConv",
			Reason: fmt.Sprintf("the file has opset %d, MDConv is written at %d to %d", opset, MinOpset, MaxOpset)}}}
	}
	if version, ok := m.Opset(Domain); ok && version != Version {
		return errs.Format("opset_import", "domain %s: version %d, must be %d", Domain, version, Version)
	} else if !ok {
		m.Proto.OpsetImport = append(m.Proto.OpsetImport,
			&onnxpb.OperatorSetIdProto{Domain: proto.String(Domain), Version: proto.Int64(Version)})
	}
	for groups := MinGroups; groups <= MaxGroups; groups++ {
		for _, s := range []Signature{{groups, false}, {groups, true}} {
			if !used[s] {
				continue
			}
			if err := addFunction(m, s, opset); err != nil {
				return err
			}
		}
	}
	m.Proto.IrVersion = proto.Int64(max(m.Proto.GetIrVersion(), MinIR))
	return nil
}

func addFunction(m *onnx.Model, s Signature, opset int64) error {
	name := OpType(s.Groups, s.Same)
	fn := m.Function(Domain, name, "")
	if fn == nil {
		m.Proto.Functions = append(m.Proto.Functions, Function(s.Groups, s.Same, opset))
		return nil
	}
	if groups, same, ok := Canonical(fn); !ok || s != (Signature{groups, same}) {
		return errs.Format("function "+name, "the file has another one of that name")
	}
	return nil
}
