package mdconv

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"google.golang.org/protobuf/proto"
)

func spec3() Spec {
	return Spec{
		Split: []int{6, 5, 5}, Strides: [2]int{2, 2},
		Pads:      [][4]int{{0, 0, 1, 1}, {1, 1, 2, 2}, {2, 2, 3, 3}},
		Dilations: [][2]int{{1, 1}, {1, 1}, {1, 1}},
	}
}

func node3() *onnxpb.NodeProto {
	return Node("n", "x", []string{"w0", "w1", "w2"}, "b", "y", spec3())
}

func TestParseNode(t *testing.T) {
	got, err := ParseNode(node3(), 3, false)
	if err != nil || !reflect.DeepEqual(got, spec3()) {
		t.Errorf("%+v, %v", got, err)
	}
	same := Spec{Split: []int{2, 2}, Strides: [2]int{2, 2}, Same: true}
	got, err = ParseNode(Node("n", "x", []string{"w0", "w1"}, "b", "y", same), 2, true)
	if err != nil || !reflect.DeepEqual(got, same) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestParseNodeErrors(t *testing.T) {
	for want, change := range map[string]func(*onnxpb.NodeProto){
		"4 inputs, must be 5":              func(n *onnxpb.NodeProto) { n.Input = n.Input[:4] },
		"input 4 is left out":              func(n *onnxpb.NodeProto) { n.Input[4] = "" },
		"2 outputs, must be 1":             func(n *onnxpb.NodeProto) { n.Output = []string{"y", "z"} },
		"attribute split: missing":         func(n *onnxpb.NodeProto) { n.Attribute = n.Attribute[1:] },
		"attribute extra: unknown":         func(n *onnxpb.NodeProto) { n.Attribute = append(n.Attribute, onnx.IntAttr("extra", 1)) },
		"attribute split: given twice":     func(n *onnxpb.NodeProto) { n.Attribute = append(n.Attribute, n.Attribute[0]) },
		"attribute strides: refers to":     func(n *onnxpb.NodeProto) { n.Attribute[1] = intsRef("strides", "strides") },
		"must be INTS of 3":                func(n *onnxpb.NodeProto) { onnx.Attr(n, "split").Ints = []int64{8, 8} },
		"split: 0 at position 1, allowed":  func(n *onnxpb.NodeProto) { onnx.Attr(n, "split").Ints[1] = 0 },
		"pads1: -1 at position 3":          func(n *onnxpb.NodeProto) { onnx.Attr(n, "pads1").Ints[3] = -1 },
		"dilations2: 0 at position 0":      func(n *onnxpb.NodeProto) { onnx.Attr(n, "dilations2").Ints[0] = 0 },
		"group1: 4, must be 5 as in split": func(n *onnxpb.NodeProto) { onnx.Attr(n, "group1").I = proto.Int64(4) },
		"group1: FLOAT, must be INT":       func(n *onnxpb.NodeProto) { onnx.Attr(n, "group1").Type = onnxpb.AttributeProto_FLOAT.Enum() },
	} {
		n := node3()
		change(n)
		if _, err := ParseNode(n, 3, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q in it", err, want)
		}
	}
	for _, groups := range []int{-1, 1, 9} {
		if _, err := ParseNode(node3(), groups, false); err == nil {
			t.Errorf("%d groups accepted", groups)
		}
	}
}

// TestDomainStandsHereAlone: the rest of the tree asks this package. Programs
// and models that were made, and what hidden folders hold, do not count.
func TestDomainStandsHereAlone(t *testing.T) {
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if here, _ := filepath.Rel(root, path); here == filepath.Join("onnx", "mdconv") || strings.HasPrefix(d.Name(), ".") && path != root || d.Name() == "testdata" {
				return filepath.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if bytes.Contains(data, []byte(Domain)) && !bytes.Contains(data, []byte{0}) {
			t.Errorf("%s contains %s", path, Domain)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
