package special

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/internal/testenv"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// opset is the newest that most of ONNX Runtime's kernels are registered for.
const opset = 21

// call is one operator on one set of inputs.
type call struct {
	line  line
	dtype tensor.DType
	in    []*tensor.Tensor
	out   []tensor.DType
	model []byte
}

func (c call) String() string { return fmt.Sprintf("%s %s %v", c.line.op, c.dtype, c.line.attrs) }

// array is a tensor on its way to Python, or back.
type array struct {
	Type  tensor.DType `json:"type"`
	Shape []int        `json:"shape"`
	Data  []byte       `json:"data"`
}

// TestEveryOperator: each operator has a line, or a reason for having none.
func TestEveryOperator(t *testing.T) {
	has := map[string]bool{}
	for _, l := range lines {
		has[l.op] = true
	}
	for _, op := range ops.All() {
		switch reason := without[op.Name]; {
		case has[op.Name] && reason != "":
			t.Errorf("%s has a line, and a reason for having none", op)
		case !has[op.Name] && reason == "":
			t.Errorf("%s has neither a line nor a reason for having none", op)
		}
	}
}

// TestSpecial runs all lines on both engines and, where there is Python, in ONNX
// Runtime.
func TestSpecial(t *testing.T) {
	calls := allCalls(t)
	want := runONNXRuntime(t, calls)
	compared := map[string]int{}
	for i, c := range calls {
		got, failed := runBoth(t, c)
		switch {
		case want[i].Error != "" && !strings.Contains(want[i].Error, "NOT_IMPLEMENTED") && failed == nil && !c.undefined():
			t.Errorf("%s: ONNX Runtime refuses what we accept: %s", c, want[i].Error)
		case want[i].Error != "":
			continue
		case failed != nil:
			t.Errorf("%s: %v, ONNX Runtime accepts it", c, failed)
			continue
		}
		for k, w := range want[i].Outputs {
			compared[c.line.op]++
			expected, err := tensorOf(w.Type, w.Shape, w.Data)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.differ(got[k], expected); err != nil && !c.undefined() {
				t.Errorf("%s of %s: %v", c, show(c.in), err)
			}
		}
	}
	for _, l := range lines {
		if (compared[l.op] == 0) != (notThere[l.op] != "") {
			t.Errorf("%s: %d results compared, and of why not: %q", l.op, compared[l.op], notThere[l.op])
		}
	}
	t.Logf("%d calls, %d operators compared", len(calls), len(compared))
}

func allCalls(t *testing.T) (calls []call) {
	t.Helper()
	for _, l := range lines {
		for _, d := range dtypes {
			for _, in := range l.feeds(d) {
				c, ok := newCall(t, l, d, in)
				if !ok {
					break
				}
				calls = append(calls, c)
			}
		}
	}
	return calls
}

// newCall is not ok for an element type that the operator does not take.
func newCall(t *testing.T, l line, d tensor.DType, in []*tensor.Tensor) (c call, ok bool) {
	t.Helper()
	at := opset
	op, version, err := ops.Lookup("", l.op, at)
	if err != nil {
		for at = opset; at <= ops.MaxOpset && err != nil; at++ {
			op, version, err = ops.Lookup("", l.op, at)
		}
		at--
	}
	if err != nil {
		t.Fatal(err)
	}
	types := make([]ops.Type, len(in))
	for i, x := range in {
		types[i] = ops.TypeOf(x)
	}
	outputs := 1
	switch l.op {
	case "TopK", "Split":
		outputs = 2
	case "DynamicQuantizeLinear":
		outputs = 3
	}
	attrs := ops.Attrs{}
	for k, v := range l.attrs {
		attrs[k] = v
	}
	checked, err := ops.NewCall(op, version, attrs, types, outputs)
	if err != nil {
		return c, false
	}
	out, err := checked.Infer()
	if err != nil {
		return c, false
	}
	c = call{line: l, dtype: d, in: in}
	g := &onnxpb.GraphProto{Name: proto.String("g")}
	node := &onnxpb.NodeProto{OpType: proto.String(l.op)}
	for k, v := range attrs {
		node.Attribute = append(node.Attribute, attribute(k, v))
	}
	for i, x := range in {
		name := fmt.Sprintf("x%d", i)
		node.Input = append(node.Input, name)
		g.Input = append(g.Input, info(name, x.DType, x.Shape))
	}
	g.Node = append(g.Node, node)
	for i, o := range out {
		name := fmt.Sprintf("y%d", i)
		node.Output = append(node.Output, name)
		if d := o.DType; d == tensor.BFloat16 { // numpy has none
			wide := name + "/wide"
			g.Node = append(g.Node, &onnxpb.NodeProto{OpType: proto.String("Cast"), Input: []string{name}, Output: []string{wide},
				Attribute: []*onnxpb.AttributeProto{onnx.IntAttr("to", int64(tensor.Float32))}})
			name, o.DType = wide, tensor.Float32
		}
		g.Output = append(g.Output, info(name, o.DType, nil))
		c.out = append(c.out, o.DType)
	}
	c.model, err = proto.Marshal(&onnxpb.ModelProto{IrVersion: proto.Int64(10), Graph: g,
		OpsetImport: []*onnxpb.OperatorSetIdProto{{Domain: proto.String(""), Version: proto.Int64(int64(at))}}})
	if err != nil {
		t.Fatal(err)
	}
	return c, true
}

func attribute(name string, v any) *onnxpb.AttributeProto {
	switch v := v.(type) {
	case int64:
		return onnx.IntAttr(name, v)
	case float32:
		return onnx.FloatAttr(name, v)
	case string:
		return onnx.StringAttr(name, v)
	}
	return onnx.IntsAttr(name, v.([]int64))
}

func info(name string, d tensor.DType, shape tensor.Shape) *onnxpb.ValueInfoProto {
	typ := &onnxpb.TypeProto_Tensor{ElemType: proto.Int32(int32(d))}
	if shape != nil {
		typ.Shape = &onnxpb.TensorShapeProto{}
		for _, n := range shape {
			typ.Shape.Dim = append(typ.Shape.Dim, &onnxpb.TensorShapeProto_Dimension{Value: &onnxpb.TensorShapeProto_Dimension_DimValue{DimValue: int64(n)}})
		}
	}
	return &onnxpb.ValueInfoProto{Name: proto.String(name), Type: &onnxpb.TypeProto{Value: &onnxpb.TypeProto_TensorType{TensorType: typ}}}
}

type answer struct {
	Outputs []array
	Error   string
}

// runONNXRuntime runs all calls in one process.
func runONNXRuntime(t *testing.T, calls []call) []answer {
	t.Helper()
	python := os.Getenv("MIXCONV_PYTHON")
	if python == "" {
		testenv.Missing(t, "python", "MIXCONV_PYTHON is not set: make test-refs sets it")
	}
	type job struct {
		Model []byte           `json:"model"`
		Feeds map[string]array `json:"feeds"`
	}
	jobs := make([]job, len(calls))
	for i, c := range calls {
		jobs[i] = job{c.model, map[string]array{}}
		for k, x := range c.in {
			jobs[i].Feeds[fmt.Sprintf("x%d", k)] = array{x.DType, append([]int{}, x.Shape...), bytesOf(x)}
		}
	}
	stdin, err := json.Marshal(jobs)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "ort.py")
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(stdin), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ort.py: %v\n%s", err, &stderr)
	}
	var answers []answer
	if err := json.Unmarshal(out, &answers); err != nil || len(answers) != len(calls) {
		t.Fatalf("ort.py: %d answers for %d calls, %v", len(answers), len(calls), err)
	}
	return answers
}

// runBoth fails the test where the engines differ.
func runBoth(t *testing.T, c call) (planned []*tensor.Tensor, failed error) {
	t.Helper()
	in := runtime.Tensors{}
	for k, x := range c.in {
		in[fmt.Sprintf("x%d", k)] = x
	}
	var results [2][]*tensor.Tensor
	var errs [2]error
	for i, e := range []runtime.Engine{runtime.Reference, runtime.Planned} {
		s, err := runtime.LoadBytes(c.model, runtime.Options{Engine: e, Threads: 1})
		if err == nil {
			var out runtime.Tensors
			out, err = s.Run(context.Background(), in)
			if err == nil {
				for _, v := range s.Outputs() {
					results[i] = append(results[i], out[v.Name])
				}
			}
		}
		errs[i] = err
	}
	if (errs[0] == nil) != (errs[1] == nil) {
		t.Errorf("%s: reference %v, planned %v", c, errs[0], errs[1])
	} else if errs[0] == nil {
		for k := range results[0] {
			if err := c.differ(results[1][k], results[0][k]); err != nil {
				t.Errorf("%s of %s: planned engine against reference: %v", c, show(c.in), err)
			}
		}
	}
	return results[1], errs[1]
}

// differ compares a result with what it should be: integers and truths to the bit;
// NaN where NaN is, infinities and zeros with their signs, and other floats to a
// few units in the last place. What is smaller than the smallest normal number may
// be zero.
func (c call) differ(got, want *tensor.Tensor) error {
	if got == nil || got.DType != want.DType || !got.Shape.Equal(want.Shape) {
		return fmt.Errorf("%v, want %v", got, want)
	}
	a, b := numbersOf(got), numbersOf(want)
	if a == nil {
		if !reflect.DeepEqual(got.Data, want.Data) {
			return firstDifferent(got.Data, want.Data)
		}
		return nil
	}
	relative, tiny := 1e-5, 0x1p-125+absolute[c.line.op]
	switch {
	case c.dtype == tensor.Float16:
		relative, tiny = 2e-3, 0x1p-14
	case c.dtype == tensor.BFloat16:
		relative = 2e-2
	}
	for i, w := range b {
		v := a[i]
		switch {
		case w != w && v != v:
		case v == 0 && w == 0:
			if math.Signbit(v) != math.Signbit(w) && zeroSign[c.line.op] == "" {
				return fmt.Errorf("element %d is %v of another sign", i, v)
			}
		case v == w:
		case c.subnormalFactor(i):
		case math.Abs(v-w) <= relative*math.Abs(w)+tiny && !math.IsInf(w, 0):
		default:
			return fmt.Errorf("element %d is %v, want %v", i, v, w)
		}
	}
	return nil
}

// subnormalFactor reports whether element i is the product of a subnormal number.
// Kernels take that for zero, also where the other factor is huge or infinite.
func (c call) subnormalFactor(i int) bool {
	if c.line.op != "Mul" || c.dtype != tensor.Float32 {
		return false
	}
	for _, x := range c.in {
		if size := math.Abs(numbersOf(x)[i]); size > 0 && size < 0x1p-126 {
			return true
		}
	}
	return false
}

func firstDifferent(got, want any) error {
	a, b := reflect.ValueOf(got), reflect.ValueOf(want)
	for i := range b.Len() {
		if !a.Index(i).Equal(b.Index(i)) {
			return fmt.Errorf("element %d is %v, want %v", i, a.Index(i), b.Index(i))
		}
	}
	return nil
}

// show is the inputs, cut short.
func show(in []*tensor.Tensor) string {
	var parts []string
	for _, t := range in {
		parts = append(parts, fmt.Sprintf("%.150s", fmt.Sprint(t.Shape, t.Data)))
	}
	return strings.Join(parts, "; ")
}
