package onnx_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
)

func TestOtherFormatsAreNamed(t *testing.T) {
	for _, c := range []struct{ data, want string }{
		{"", "the file is empty"},
		{"version git-lfs/spec/v1\noid sha256:00\nsize 1\n", "git-lfs pointer"},
		{"<!DOCTYPE html><html>", "an HTML page"},
		{"\n  <HTML><body>", "an HTML page"},
		{"<?xml version=\"1.0\"?>", "an XML document"},
		{"{\"error\": 404}", "JSON"},
		{"PK\x03\x04\x14\x00\x00\x00", "a zip archive"},
		{"\x1f\x8b\x08\x00\x00\x00", "gzip-compressed data"},
		{"\x28\xb5\x2f\xfd\x00", "zstd-compressed data"},
		{"BZh91AY", "bzip2-compressed data"},
		{"\xfd7zXZ\x00\x00", "xz-compressed data"},
		{"\x93NUMPY\x01\x00v\x00{'descr'", "a NumPy array"},
		{"\x89HDF\r\n\x1a\n", "an HDF5 file"},
		{"\x20\x00\x00\x00TFL3", "a TensorFlow Lite model"},
		{"\x20\x00\x00\x00ORTM", "an ONNX Runtime .ort model"},
		{"\x02\x00\x00\x00\x00\x00\x00\x00{}", "a safetensors file"},
		{"\x80\x02}q\x00.", "a Python pickle"},
		{"\x0a\x0a\x0a\x01x\x12\x05Const", "a TensorFlow graph"},
		{"\x08\x01\x12\x05\x0a\x03\x22\x01t", "a TensorFlow SavedModel"},
		{"<\n  ir_version: 8,\n", "ONNX as text"},
		{strings.Repeat("\x00", 300), "a file of zero bytes"},
	} {
		_, err := onnx.Decode("x.onnx", []byte(c.data), noLimits)
		wantError(t, err, "x.onnx: ")
		wantError(t, err, "not an ONNX model: ")
		wantError(t, err, c.want)
	}
}

// bytesField is one length-delimited field.
func bytesField(num protowire.Number, body string) string {
	return string(protowire.AppendString(protowire.AppendTag(nil, num, protowire.BytesType), body))
}

func TestMalformedWire(t *testing.T) {
	conv := bytesField(1, bytesField(3, "conv1")+bytesField(5, bytesField(1, "pads")+"\x42\x02\x01\x80"))
	other := bytesField(1, bytesField(4, "Relu"))
	for _, c := range []struct{ name, data, want string }{
		{"length beyond 2^63", "\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "offset 0x1: graph: length 18446744073709551615, but only 0 bytes"},
		{"field number 0", "\x00\x01", "offset 0x0: field number 0"},
		{"field number 2^29", "\x80\x80\x80\x80\x10\x00", "offset 0x0: field number 536870912"},
		{"wire type 6", "\x08\x08\x9e\x3f", "offset 0x2: wire type 6"},
		{"wire type 7", "\x08\x08\x9f\x3f", "offset 0x2: wire type 7"},
		{"end of a group that is not open", "\x08\x08\x9c\x3f", "offset 0x2: end of group 1011, which is not open"},
		{"group with another's end", "\x9b\x3f\xa4\x3f", "offset 0x2: end of group 1012, which is not open"},
		{"group that does not end", "\x08\x08\x9b\x3f\x98\x3f\x01", "offset 0x2: group 1011 is not closed"},
		{"tag cut", "\x08\x08\x98", "offset 0x2: ends inside a varint"},
		{"fixed32 cut", "\x08\x08\x9d\x3f\x01\x02", "offset 0x4: 2 bytes left for a value of 4"},
		{"wrong wire type", bytesField(7, "\x08\x01"), "offset 0x2: graph.node[0]: wire type varint, allowed length-delimited"},
		{"inside an attribute", bytesField(7, other+other+other+conv), `offset 0x2e: graph.node[3] "conv1" attribute pads ints: ends inside a varint`},
		{"ragged floats", bytesField(7, bytesField(5, bytesField(8, "w")+bytesField(4, "12345"))), `graph.initializer[0] "w" float_data: 5 bytes of packed values, allowed a multiple of 4`},
		{"attribute type of tomorrow", bytesField(7, bytesField(1, bytesField(5, bytesField(1, "a")+"\xa0\x01\x63"))), `graph.node[0] attribute a type: AttributeType 99, allowed 0 to 14`},
		{"long name", bytesField(7, bytesField(2, strings.Repeat("n", 2000))), `graph.name: 2000 bytes, allowed 1024`},
	} {
		_, err := onnx.Decode("m", []byte(c.data), noLimits)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

func TestPackedAndUnpackedMix(t *testing.T) {
	dims := "\x08\x02" + bytesField(1, "\x03\x04") + "\x08\x05"
	m, err := onnx.Decode("m", []byte(bytesField(7, bytesField(5, dims))), noLimits)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{2, 3, 4, 5}, m.Proto.Graph.Initializer[0].Dims); diff != "" {
		t.Error(diff)
	}
}

// A message given in two parts is one message, for the check as for everybody.
func TestGraphInTwoParts(t *testing.T) {
	whole := encode(t, model(graph("x", "y", node("Relu", "x", "a"), node("Relu", "a", "y"))))
	head := encode(t, onnx.New(&onnxpb.ModelProto{Graph: graph("x", "", node("Relu", "x", "a"))}))
	tail := encode(t, model(graph("", "y", node("Relu", "a", "y"))))
	a, err := onnx.Decode("whole", whole, noLimits)
	if err != nil {
		t.Fatal(err)
	}
	b, err := onnx.Decode("parts", append(head, tail...), noLimits)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a.Proto, b.Proto, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownFieldsSurvive(t *testing.T) {
	group := "\xa3\x3f\x08\x01\x9b\x3f\x9c\x3f\xa4\x3f"
	unknown := "\x98\x3f\x07" + bytesField(1003, "kept") + group
	data := "\x08\x0a" + bytesField(7, bytesField(1, bytesField(4, "Relu")+unknown)+unknown) + unknown
	m, err := onnx.Decode("m", []byte(data), noLimits)
	if err != nil {
		t.Fatal(err)
	}
	if got := encode(t, m); string(got) != data {
		t.Errorf("encoded\n%x, want\n%x", got, data)
	}
	inlined := message.Shallow(m.Proto.Graph.Node[0])
	if string(inlined.ProtoReflect().GetUnknown()) != unknown {
		t.Error("a shallow copy loses unknown fields")
	}
}

func TestEncodeIsDeterministic(t *testing.T) {
	for _, file := range []string{"testdata/dtypes.onnx", "testdata/bad/control.onnx"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := onnx.Decode(file, data, noLimits)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(encode(t, m), encode(t, m)) {
			t.Errorf("%s: two encodings differ", file)
		}
	}
}

func TestWriteFile(t *testing.T) {
	m := model(graph("x", "y", node("Relu", "x", "y")))
	path := filepath.Join(t.TempDir(), "m.onnx")
	if err := m.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	again, err := onnx.ReadFile(path, noLimits)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m.Proto, again.Proto, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if err := m.WriteFile(filepath.Join(path, "m.onnx")); err == nil {
		t.Error("a file in a file can be written")
	}
}

// heapOf returns how much f allocates, and how much of it what f returns keeps
// alive.
func heapOf(f func() any) (total, live int64) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	kept := f()
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(kept)
	return int64(after.TotalAlloc - before.TotalAlloc), int64(after.HeapAlloc) - int64(before.HeapAlloc)
}

// Files of a few MiB that would be hundreds decoded: refused quickly, and with
// hardly any memory.
func TestMemoryBombs(t *testing.T) {
	for _, c := range []struct{ name, unit, want string }{
		{"empty nodes", bytesField(1, ""), "decoding takes about"},
		{"nodes with an attribute", bytesField(1, bytesField(5, "")), "decoding takes about"},
		{"type after type", bytesField(11, "\x12\x00"), "more than 1000000 messages"},
		{"empty inputs", bytesField(1, strings.Repeat(bytesField(1, ""), 50)), "decoding takes about"},
	} {
		data := []byte(bytesField(7, strings.Repeat(c.unit, 8<<20/len(c.unit))))
		start := time.Now()
		var err error
		heap, _ := heapOf(func() any { _, err = onnx.Decode("bomb", data, noLimits); return nil })
		wantError(t, err, c.want)
		if heap > 1<<20 {
			t.Errorf("%s: %d bytes allocated before the error", c.name, heap)
		}
		t.Logf("%s: %v, %d bytes: %v", c.name, time.Since(start), heap, err)
	}
}

// What passes the scan takes no more memory than the scan said.
func TestMemoryEstimateHolds(t *testing.T) {
	for _, c := range []struct{ name, data string }{
		{"nodes", bytesField(7, strings.Repeat(bytesField(1, ""), 200_000))},
		{"named nodes", bytesField(7, strings.Repeat(bytesField(1, bytesField(1, "x")+bytesField(2, "y")+bytesField(3, "n")+bytesField(4, "Relu")), 50_000))},
		{"attributes", bytesField(7, bytesField(1, strings.Repeat(bytesField(5, "\x0a\x01a\x18\x01\xa0\x01\x02"), 200_000)))},
		{"strings", bytesField(7, bytesField(1, strings.Repeat("\x0a\x00", 200_000)))},
		{"dims", bytesField(7, bytesField(5, strings.Repeat("\x08\x01", 500_000)))},
		{"packed dims", bytesField(7, bytesField(5, bytesField(1, strings.Repeat("\x01", 2_000_000))))},
		{"unknown fields", "\x3a\x00" + strings.Repeat("\x98\x3f\x01", 1_000_000)},
		{"metadata", "\x3a\x00" + strings.Repeat(bytesField(14, "\x0a\x01k\x12\x01v"), 200_000)},
		{"types", bytesField(7, strings.Repeat(bytesField(11, "\x12\x0a\x0a\x08\x08\x01\x12\x04\x0a\x02\x08\x01"), 60_000))},
	} {
		var err error
		_, heap := heapOf(func() any {
			var m *onnx.Model
			m, err = onnx.Decode("big", []byte(c.data), limit.Limits{})
			return m
		})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		allowed := int64(64<<20 + 8*len(c.data))
		t.Logf("%s: %d bytes became %d", c.name, len(c.data), heap)
		if heap > allowed {
			t.Errorf("%s: %d bytes took %d, promised are at most %d", c.name, len(c.data), heap, allowed)
		}
	}
}

func TestLimitsOnDecode(t *testing.T) {
	data := encode(t, model(graph("x", "y", node("Relu", "x", "y"))))
	_, err := onnx.Decode("m", data, limit.Limits{FileBytes: 10})
	wantError(t, err, "bytes, allowed 10")
	_, err = onnx.Decode("m", data, limit.Limits{Messages: 3})
	wantError(t, err, "more than 3 messages")
	_, err = onnx.Decode("m", data, limit.Limits{Depth: 1})
	wantError(t, err, "nested more than 1 deep")
	most := int64(len(data))
	m := within(t, model(graph("x", "y", node("Relu", "x", "y"))), limit.Limits{FileBytes: most})
	m.SetMetadata("k", "v")
	_, err = m.Encode()
	wantError(t, err, fmt.Sprintf("bytes, allowed %d", most))
}

func TestNewKeepsTheProto(t *testing.T) {
	p := &onnxpb.ModelProto{}
	if onnx.New(p).Proto != p || onnx.New(nil).Proto == nil {
		t.Error("New does not keep its argument, or leaves nil")
	}
	m := onnx.New(nil)
	m.SetMetadata("k", "1")
	m.SetMetadata("l", "2")
	m.SetMetadata("k", "3")
	if v, ok := m.Metadata("k"); v != "3" || !ok || len(p.MetadataProps) != 0 {
		t.Errorf("metadata k = %q, %v", v, ok)
	}
	m.Proto.OpsetImport = []*onnxpb.OperatorSetIdProto{{Domain: proto.String("ai.onnx"), Version: proto.Int64(17)}}
	if v, ok := m.Opset(""); v != 17 || !ok {
		t.Errorf("Opset(\"\") = %d, %v", v, ok)
	}
}
