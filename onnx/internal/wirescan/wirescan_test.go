package wirescan

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// descriptorSchema scans descriptors: messages with every kind of nesting that
// are at hand.
func descriptorSchema() *Schema {
	return Compile((&descriptorpb.FileDescriptorProto{}).ProtoReflect().Descriptor(),
		func(fd protoreflect.FieldDescriptor) bool { return fd.Name() == "package" })
}

var generous = Limits{Depth: 100, Messages: 1 << 20, NameBytes: 1 << 10, Memory: 1 << 30}

// What protobuf writes, passes.
func TestScanAcceptsWhatProtobufWrites(t *testing.T) {
	data, err := proto.Marshal(descriptorFile())
	if err != nil {
		t.Fatal(err)
	}
	if err := descriptorSchema().Scan(data, generous); err != nil {
		t.Error(err)
	}
}

func descriptorFile() *descriptorpb.FileDescriptorProto {
	return &descriptorpb.FileDescriptorProto{
		Name:             proto.String("a.proto"),
		Package:          proto.String(strings.Repeat("p", 5000)), // free
		PublicDependency: []int32{0, 1, 1 << 30},
		MessageType: []*descriptorpb.DescriptorProto{{
			Name:  proto.String("M"),
			Field: []*descriptorpb.FieldDescriptorProto{{Name: proto.String("f"), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()}},
		}},
	}
}

// The scan and protobuf agree on every input that differs from a good one in
// one byte, except where the scan is stricter: on what it says so of.
func TestScanFindsWhatProtobufRefuses(t *testing.T) {
	file := descriptorFile()
	file.Package = proto.String("p")
	good, err := proto.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	schema := descriptorSchema()
	for i := range good {
		for b := range 256 {
			data := append([]byte{}, good...)
			data[i] = byte(b)
			scanned := schema.Scan(data, generous)
			decoded := proto.Unmarshal(data, &descriptorpb.FileDescriptorProto{})
			if decoded != nil && scanned == nil {
				t.Fatalf("byte %d = %#x: protobuf says %v, the scan nothing", i, b, decoded)
			}
			if decoded == nil && scanned != nil && !stricter(scanned) {
				t.Fatalf("byte %d = %#x: the scan says %v, protobuf nothing", i, b, scanned)
			}
		}
	}
}

// stricter reports whether err is about something that protobuf lets pass: a
// known field of another wire type, text that is not UTF-8, unknown enum
// values.
func stricter(err error) bool {
	for _, s := range []string{"wire type", "UTF-8", "allowed 0 to", "packed values", "inside a varint"} {
		if strings.Contains(err.Error(), s) {
			return true
		}
	}
	return false
}

// Nested groups are entered without recursion, up to the depth limit and far
// beyond it if that is raised.
func TestScanGroups(t *testing.T) {
	const n = 100_000
	groups := strings.Repeat("\x9b\x3f", n) + strings.Repeat("\x9c\x3f", n)
	lim := generous
	if err := descriptorSchema().Scan([]byte(groups), lim); err == nil || !strings.Contains(err.Error(), "offset 0xc8: nested more than 100 deep") {
		t.Errorf("error %v", err)
	}
	lim.Depth = n
	if err := descriptorSchema().Scan([]byte(groups), lim); err != nil {
		t.Error(err)
	}
}

func FuzzScan(f *testing.F) {
	data, err := proto.Marshal(descriptorFile())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(protowire.AppendTag(nil, 1011, protowire.StartGroupType))
	schema := descriptorSchema()
	f.Fuzz(func(t *testing.T, data []byte) {
		if schema.Scan(data, generous) != nil {
			return
		}
		if err := proto.Unmarshal(data, &descriptorpb.FileDescriptorProto{}); err != nil {
			t.Errorf("the scan finds nothing, protobuf: %v", err)
		}
	})
}
