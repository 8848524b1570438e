// Package linktest links onnx-go, the Go ONNX library that programs already
// use, and this module's protobuf types in one program. protobuf keeps one
// registry of file and message names; a name registered twice ends the program
// before main.
package linktest

import (
	"strings"
	"testing"

	// The release of golang/protobuf that shares protobuf's registry. onnx-go
	// asks for an older one; programs with other dependencies get this.
	_ "github.com/golang/protobuf/proto"
	onnxgo "github.com/owulveryck/onnx-go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
)

func TestBothReadTheSameTensor(t *testing.T) {
	p := onnx.NewTensor("", ones())
	data, err := proto.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := onnxgo.NewTensor(data)
	if err != nil {
		t.Fatalf("onnx-go: %v", err)
	}
	if got := theirs.Data().([]float32); len(got) != 3 || got[2] != 1 {
		t.Errorf("onnx-go reads %v from our tensor", got)
	}
}

func TestBothAreRegistered(t *testing.T) {
	var packages []string
	protoregistry.GlobalTypes.RangeMessages(func(mt protoreflect.MessageType) bool {
		if name := mt.Descriptor().FullName(); name.Name() == "ModelProto" {
			packages = append(packages, string(name.Parent()))
		}
		return true
	})
	joined := strings.Join(packages, " ")
	if !strings.Contains(joined, "mixconv.onnx.v1") || !strings.Contains(joined, "onnx") || len(packages) != 2 {
		t.Errorf("ModelProto is registered in packages %q, want ours and onnx-go's", packages)
	}
	if _, err := onnx.Decode("empty", nil, limit.Limits{}); err == nil {
		t.Error("an empty file decodes")
	}
	if got := (&onnxpb.ModelProto{}).ProtoReflect().Descriptor().ParentFile().Path(); !strings.HasPrefix(got, "github.com/mixconv/mixconv/") {
		t.Errorf("our file is registered as %s", got)
	}
}

func ones() *tensor.Tensor { return tensor.Of([]float32{1, 1, 1}, 3) }
