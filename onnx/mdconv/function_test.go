package mdconv

import (
	"fmt"
	"testing"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"google.golang.org/protobuf/proto"
)

func eachFunction(t *testing.T, test func(t *testing.T, fn *onnxpb.FunctionProto, groups int, same bool)) {
	for groups := MinGroups; groups <= MaxGroups; groups++ {
		for _, same := range []bool{false, true} {
			for _, opset := range []int64{MinOpset, 17, 18, MaxOpset} {
				t.Run(fmt.Sprint(OpType(groups, same), "/", opset), func(t *testing.T) {
					test(t, Function(groups, same, opset), groups, same)
				})
			}
		}
	}
}

func isCanonical(fn *onnxpb.FunctionProto, groups int, same bool) bool {
	g, s, ok := Canonical(fn)
	return ok && g == groups && s == same
}

// TestCanonicalWhateverTheNames: names and documentation do not count, nor does
// the order of attributes.
func TestCanonicalWhateverTheNames(t *testing.T) {
	eachFunction(t, func(t *testing.T, fn *onnxpb.FunctionProto, groups int, same bool) {
		if !isCanonical(fn, groups, same) {
			t.Fatal("not canonical as written")
		}
		fn.Name, fn.Domain, fn.Overload = proto.String("p_Anything"), proto.String("some.where"), proto.String("x")
		fn.DocString = proto.String("changed")
		rename := func(names []string) {
			for i := range names {
				names[i] = "q_" + names[i] + "_r"
			}
		}
		rename(fn.Input)
		rename(fn.Output)
		for _, n := range fn.Node {
			rename(n.Input)
			rename(n.Output)
			n.Name, n.Domain, n.DocString = nil, proto.String("ai.onnx"), proto.String("?")
			for i, j := 0, len(n.Attribute)-1; i < j; i, j = i+1, j-1 {
				n.Attribute[i], n.Attribute[j] = n.Attribute[j], n.Attribute[i]
			}
		}
		fn.OpsetImport[0].Domain = proto.String("ai.onnx")
		if !isCanonical(fn, groups, same) {
			t.Error("not canonical with other names")
		}
	})
}

// TestAlteredIsNotCanonical changes one thing at a time, everywhere.
func TestAlteredIsNotCanonical(t *testing.T) {
	eachFunction(t, func(t *testing.T, fn *onnxpb.FunctionProto, groups int, same bool) {
		for what, alter := range alterations(fn) {
			changed := proto.CloneOf(fn)
			alter(changed)
			if _, _, ok := Canonical(changed); ok {
				t.Errorf("still canonical: %s", what)
			}
		}
	})
}

func alterations(fn *onnxpb.FunctionProto) map[string]func(*onnxpb.FunctionProto) {
	type change = func(*onnxpb.FunctionProto)
	all := map[string]change{
		"opset too old":       func(f *onnxpb.FunctionProto) { f.OpsetImport[0].Version = proto.Int64(MinOpset - 1) },
		"opset too new":       func(f *onnxpb.FunctionProto) { f.OpsetImport[0].Version = proto.Int64(MaxOpset + 1) },
		"no opset":            func(f *onnxpb.FunctionProto) { f.OpsetImport = nil },
		"two opsets":          func(f *onnxpb.FunctionProto) { f.OpsetImport = append(f.OpsetImport, f.OpsetImport[0]) },
		"a default attribute": func(f *onnxpb.FunctionProto) { f.AttributeProto = append(f.AttributeProto, onnx.IntAttr("group0", 1)) },
		"attribute renamed":   func(f *onnxpb.FunctionProto) { f.Attribute[0] = "parts" },
		"kernels swapped":     func(f *onnxpb.FunctionProto) { f.Input[1], f.Input[2] = f.Input[2], f.Input[1] },
		"input twice":         func(f *onnxpb.FunctionProto) { f.Input[1] = f.Input[2] },
		"other output":        func(f *onnxpb.FunctionProto) { f.Output[0] = "Y0" },
		"one more output":     func(f *onnxpb.FunctionProto) { f.Output = append(f.Output, "Y0") },
		"unknown field": func(f *onnxpb.FunctionProto) {
			f.Node[0].ProtoReflect().SetUnknown([]byte{0xa0, 0x06, 0x01})
		},
	}
	for i, n := range fn.Node {
		place := fmt.Sprintf("node %d %s: ", i, n.GetOpType())
		all[place+"other operator"] = func(f *onnxpb.FunctionProto) { f.Node[i].OpType = proto.String("Identity") }
		all[place+"other domain"] = func(f *onnxpb.FunctionProto) { f.Node[i].Domain = proto.String("com.microsoft") }
		all[place+"overload"] = func(f *onnxpb.FunctionProto) { f.Node[i].Overload = proto.String("x") }
		all[place+"missing"] = func(f *onnxpb.FunctionProto) { f.Node = append(f.Node[:i], f.Node[i+1:]...) }
		all[place+"twice"] = func(f *onnxpb.FunctionProto) { f.Node = append(f.Node, f.Node[i]) }
		all[place+"one more attribute"] = func(f *onnxpb.FunctionProto) {
			f.Node[i].Attribute = append(f.Node[i].Attribute, onnx.IntAttr("x", 1))
		}
		for j := range n.Input {
			all[fmt.Sprint(place, "input ", j)] = func(f *onnxpb.FunctionProto) { f.Node[i].Input[j] = "" }
		}
		if len(n.Input) > 1 {
			all[place+"inputs swapped"] = func(f *onnxpb.FunctionProto) {
				in := f.Node[i].Input
				in[0], in[1] = in[1], in[0]
			}
		}
		for j, a := range n.Attribute {
			alterAttribute(all, fmt.Sprint(place, a.GetName(), ": "), i, j)
		}
	}
	return all
}

func alterAttribute(all map[string]func(*onnxpb.FunctionProto), place string, i, j int) {
	alter := func(what string, change func(a *onnxpb.AttributeProto)) {
		all[place+what] = func(f *onnxpb.FunctionProto) { change(f.Node[i].Attribute[j]) }
	}
	alter("renamed", func(a *onnxpb.AttributeProto) { a.Name = proto.String("y") })
	alter("other type", func(a *onnxpb.AttributeProto) { a.Type = onnxpb.AttributeProto_FLOAT.Enum() })
	alter("other value", func(a *onnxpb.AttributeProto) {
		switch {
		case a.GetRefAttrName() == "group0":
			a.RefAttrName = proto.String("group1")
		case a.GetRefAttrName() != "":
			a.RefAttrName = proto.String("group0")
		case a.GetType() == onnxpb.AttributeProto_INT:
			a.I = proto.Int64(a.GetI() + 2)
		default:
			a.S = []byte("SAME_LOWER")
		}
	})
	alter("a value in place of a reference", func(a *onnxpb.AttributeProto) {
		if a.GetRefAttrName() == "" {
			a.RefAttrName = proto.String("split")
		} else {
			a.RefAttrName, a.Ints = nil, []int64{1, 1}
		}
	})
	all[place+"missing"] = func(f *onnxpb.FunctionProto) {
		n := f.Node[i]
		n.Attribute = append(n.Attribute[:j], n.Attribute[j+1:]...)
	}
}

func TestCanonicalOfNothing(t *testing.T) {
	for _, fn := range []*onnxpb.FunctionProto{nil, {}, {Input: []string{"X", "W0", "W1", "B"}}} {
		if _, _, ok := Canonical(fn); ok {
			t.Errorf("%v is canonical", fn)
		}
	}
}
