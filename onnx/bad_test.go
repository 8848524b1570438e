package onnx_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/check"
	"github.com/mixconv/mixconv/onnx/inline"
	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// badFiles says at which stage a file of testdata/bad fails and what the error
// says about it. Files that are not listed are wrong only to somebody who
// knows the operators: here they decode, pass the check and inline.
var badFiles = map[string]struct{ stage, text string }{
	"attr_twice":         {"check", `graph.node[0] Conv attribute group: given twice`},
	"cycle_ab":           {"check", `closes a cycle: node[0] Add ← node[1] Relu ← node[0] Add`},
	"dims_2e31_small":    {"check", `graph.initializer[0] "w" dims: 2147483648 elements`},
	"dims_neg":           {"check", `graph.initializer[0] "w" dims: dimension 0 is -1`},
	"dtype_999":          {"check", `graph.initializer[0] "w" data_type: element type 999`},
	"dup_initializer":    {"check", `graph.initializer[1] "w": name w is taken by graph.initializer[0]`},
	"dup_output":         {"check", `graph.node[1] Neg: output 0 y is taken by graph.node[0] Relu`},
	"ext_dev_zero":       {"tensor", `no such file`},
	"ext_dotdot":         {"check", `../secret.bin contains ..`},
	"ext_fifo":           {"tensor", `no such file`},
	"ext_len_long":       {"check", `length 1000000, allowed 16`},
	"ext_len_petabyte":   {"check", `length 1125899906842624, allowed 16`},
	"ext_missing":        {"tensor", filepath.Join("testdata", "bad", "nope.bin") + `: no such file`},
	"ext_no_len_past":    {"tensor", `tensor "w" external_data`},
	"ext_off_abc":        {"check", `external_data[1] "offset": abc, allowed is a decimal number`},
	"ext_off_max":        {"check", `offset 9223372036854775807 and length 16 overflow`},
	"ext_off_past":       {"tensor", `tensor "w" external_data`},
	"ext_ort_mem_marker": {"tensor", `_ORT_MEM_ADDR_`},
	"ext_self_ref":       {"tensor", `this is the model itself`},
	"ext_two_locations":  {"check", `external_data[3] "location": given twice`},
	"float_count":        {"check", `float_data: 2 values, allowed 4 for float32 [4]`},
	"fn_laughs_5x10":     {"inline", `100000 nodes after inlining functions`},
	"fn_self_rec":        {"check", `functions[0] "F": calls itself: f.F → f.F`},
	"groups_100k":        {"decode", `offset 0xc8: nested more than 100 deep`},
	"in_dim_max":         {"check", `graph.input[0] "x" type.tensor_type.shape: dimensions overflow`},
	"ir_9999":            {"check", `ir_version: 9999, allowed 3 to 14`},
	"len_2g":             {"decode", `offset 0x1: graph: length 2147483647, but only 3 bytes are left`},
	"name_bad_utf8":      {"decode", `offset 0xb: graph.node[0].output: "\xff\xfe\xc0\x80" is not valid UTF-8`},
	"opset_neg":          {"check", `opset_import[0]: version -1 of domain ai.onnx`},
	"random_4k":          {"decode", `offset 0x0: domain: wire type 32-bit`},
	"raw_and_float":      {"check", `float_data: filled, but so is raw_data`},
	"raw_depth_5000":     {"decode", `nested more than 100 deep`},
	"raw_short":          {"check", `graph.initializer[0] "w" raw_data: 12 bytes, allowed 16 for float32 [4]`},
	"string_in_raw":      {"check", `strings in raw_data`},
	"undef_input":        {"check", `graph.node[0] Relu: input 0 zz is not defined`},
	"varint_11_bytes":    {"decode", `offset 0x1: ir_version: varint longer than 10 bytes`},
}

func TestBadFiles(t *testing.T) {
	paths, err := filepath.Glob("testdata/bad/*.onnx")
	if err != nil || len(paths) < 60 {
		t.Fatalf("%d files, error %v", len(paths), err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".onnx")
		t.Run(name, func(t *testing.T) {
			stage, err := through(path)
			want, bad := badFiles[name]
			switch {
			case !bad && err != nil:
				t.Errorf("fails in %s: %v", stage, err)
			case bad && err == nil:
				t.Errorf("no error, want one in %s", want.stage)
			case bad:
				if stage != want.stage {
					t.Errorf("fails in %s, want %s", stage, want.stage)
				}
				wantError(t, err, want.text)
				wantError(t, err, path+": ")
			}
		})
	}
}

// through takes a file through every stage, and returns the one that failed.
func through(path string) (stage string, err error) {
	m, err := onnx.ReadFile(path, noLimits)
	if err != nil {
		return "decode", err
	}
	if err := check.Model(m); err != nil {
		return "check", err
	}
	if err := message.EachTensor(m.Proto, func(tp *onnxpb.TensorProto) error { _, err := m.Tensor(tp); return err }); err != nil {
		return "tensor", err
	}
	if _, err = inline.Model(m, nil); err != nil {
		return "inline", err
	}
	return "", nil
}

// Every prefix of a file fails to decode, or it lacks what the check demands.
// What is cut inside of a field fails at the offset of that field or inside.
func TestTruncatedAtEveryByte(t *testing.T) {
	for _, file := range []string{"testdata/bad/control.onnx", "testdata/dtypes.onnx", "testdata/bad/if_depth_12.onnx"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		legal := 0
		for n := range data {
			m, err := onnx.Decode("cut", data[:n], noLimits)
			if err == nil {
				legal++
				err = check.Model(m)
			}
			// Fields that come last may be missing without anybody noticing.
			if err == nil && n < len(data)-64 {
				t.Errorf("%s cut at byte %d of %d passes", file, n, len(data))
			}
			var f *errs.FormatError
			if err != nil && !errors.As(err, &f) {
				t.Errorf("%s cut at byte %d: %T %v", file, n, err, err)
			}
			if f != nil && f.Offset > int64(n) {
				t.Errorf("%s cut at byte %d: offset %d is past it", file, n, f.Offset)
			}
		}
		if legal > 20 {
			t.Errorf("%s: %d prefixes decode, there are not that many top-level fields", file, legal)
		}
	}
}
