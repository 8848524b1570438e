package onnxgo_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/interop/onnxgo"
	"github.com/mixconv/mixconv/limit"
	ownonnx "github.com/mixconv/mixconv/onnx"
	"github.com/owulveryck/onnx-go"
	"github.com/owulveryck/onnx-go/backend/testbackend"
	_ "github.com/owulveryck/onnx-go/backend/testbackend/onnx"
	"gorgonia.org/tensor"
)

// wrong has the cases that onnx-go's generator spoiled, by what Run or the
// comparison says of them: it wrote inputs of other types, and scalars, as
// float32.
var wrong = map[string]string{
	"TestModBroadcast":                            "input 1 (B): float32",
	"TestNonmaxsuppressionCenterPointBoxFormat":   "input 2 (max_output_boxes_per_class): float32",
	"TestNonmaxsuppressionFlippedCoordinates":     "input 2 (max_output_boxes_per_class): float32",
	"TestNonmaxsuppressionIdenticalBoxes":         "input 2 (max_output_boxes_per_class): float32",
	"TestNonmaxsuppressionLimitOutputSize":        "input 2 (max_output_boxes_per_class): float32",
	"TestMaxunpoolExportWithOutputShape":          "output 0: element 5 is 5, want 0", // OPERATORS.md: ONNX Runtime contradicts the case
	"TestNonmaxsuppressionSingleBox":              "input 2 (max_output_boxes_per_class): float32",
	"TestNonmaxsuppressionSuppressByIOU":          "input 2 (max_output_boxes_per_class): float32",
	"TestNonmaxsuppressionSuppressByIOUAndScores": "input 2 (max_output_boxes_per_class): float32",
	"TestNonmaxsuppressionTwoBatches":             "input 2 (max_output_boxes_per_class): float32",
	"TestNonmaxsuppressionTwoClasses":             "input 2 (max_output_boxes_per_class): float32",
	"TestSize":                                    "int64 (), want float32 (1)",
	"TestSizeExample":                             "int64 (), want float32 (1)",
	"TestSliceEndOutOfBounds":                     "input 1 (starts): float32",
	"TestSliceNeg":                                "input 1 (starts): float32",
	"TestTopK":                                    "input 1 (K): float32",
}

// refused has those that onnx-go does not decode.
var refused = map[string]string{"TestScan9Sum": "AttributeProto_GRAPH not handled yet"}

// ambiguous are the operators whose cases need the opset told, unless they work
// along the last axis.
var ambiguous = []string{"Softmax", "LogSoftmax", "Hardmax", "RoiAlign"}

// TestCases runs the operators' test cases that onnx-go carries: those of ONNX
// 1.5, decoded by onnx-go. All pass but those listed, with the file's opset told
// and with it found out.
func TestCases(t *testing.T) {
	cases := testbackend.GetAllRegisteredTests()
	if len(cases) < 348 {
		t.Fatalf("%d cases, want 348", len(cases))
	}
	for _, told := range []bool{true, false} {
		passed, asked := 0, 0
		for _, constructor := range cases {
			c, opset := constructor(), 0
			if told {
				opset = opsetOf(t, c.ModelB)
			}
			err := runCase(c, opset)
			reason := wrong[c.Title] + refused[c.Title]
			switch {
			case err == nil && reason == "":
				passed++
			case err == nil:
				t.Errorf("%s passes, which the list says it cannot: %s", c.Title, reason)
			case reason != "" && strings.Contains(err.Error(), reason):
			case !told && slices.Contains(ambiguous, c.OpType) && strings.Contains(err.Error(), "set Graph.Opset"):
				asked++
			default:
				t.Errorf("%s, opset %d: %v", c.Title, opset, err)
			}
		}
		t.Logf("opset told %t: of %d cases %d pass, %d ask for the opset, %d are wrong, %d refused by onnx-go", told, len(cases), passed, asked, len(wrong), len(refused))
		if passed+asked+len(wrong)+len(refused) != len(cases) || asked > 10 {
			t.Errorf("opset told %t: %d pass, %d ask for the opset", told, passed, asked)
		}
	}
}

func runCase(c *testbackend.TestCase, opset int) error {
	backend := onnxgo.NewGraph()
	backend.Opset = opset
	model := onnx.NewModel(backend)
	if err := model.UnmarshalBinary(c.ModelB); err != nil {
		return err
	}
	for i, in := range c.Input {
		if err := model.SetInput(i, in); err != nil {
			return err
		}
	}
	if err := backend.Run(); err != nil {
		return err
	}
	outputs, err := model.GetOutputTensors()
	if err != nil {
		return err
	}
	if len(outputs) != len(c.ExpectedOutput) {
		return fmt.Errorf("%d outputs, want %d", len(outputs), len(c.ExpectedOutput))
	}
	for i, want := range c.ExpectedOutput {
		if err := compare(outputs[i], want, 1e-3, 1e-7); err != nil {
			return fmt.Errorf("output %d: %w", i, err)
		}
	}
	return nil
}

// compare is that of ONNX's backend tests: |got − want| ≤ atol + rtol·|want|.
func compare(got, want tensor.Tensor, rtol, atol float64) error {
	if got == nil {
		return errors.New("not computed")
	}
	if got.Dtype() != want.Dtype() || !slices.Equal(got.Shape(), want.Shape()) {
		return fmt.Errorf("%v %v, want %v %v", got.Dtype(), got.Shape(), want.Dtype(), want.Shape())
	}
	g, w := numbers(got), numbers(want)
	if len(g) != len(w) {
		return fmt.Errorf("%d elements, want %d", len(g), len(w))
	}
	for i := range w {
		if !(math.Abs(g[i]-w[i]) <= atol+rtol*math.Abs(w[i])) && g[i] != w[i] && !(math.IsNaN(g[i]) && math.IsNaN(w[i])) {
			return fmt.Errorf("element %d is %g, want %g", i, g[i], w[i])
		}
	}
	return nil
}

// numbers are the elements of a numeric or boolean tensor.
func numbers(t tensor.Tensor) []float64 {
	v := reflect.ValueOf(t.Data())
	if v.Kind() != reflect.Slice { // of one element gorgonia returns that
		v = reflect.Append(reflect.MakeSlice(reflect.SliceOf(v.Type()), 0, 1), v)
	}
	list := make([]float64, v.Len())
	for i := range list {
		if e := v.Index(i); e.Kind() != reflect.Bool {
			list[i] = e.Convert(reflect.TypeFor[float64]()).Float()
		} else if e.Bool() {
			list[i] = 1
		}
	}
	return list
}

// opsetOf is what the file says.
func opsetOf(t *testing.T, file []byte) int {
	t.Helper()
	m, err := ownonnx.Decode("", file, limit.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	opset, _ := m.Opset("")
	return int(opset)
}
