package verify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
	"github.com/mixconv/mixconv/verify"
	"google.golang.org/protobuf/proto"
)

// model is Relu → stem, GlobalAveragePool → pool, Flatten → logits on
// [batch,3,4,5].
func model(batch int, op string) *onnx.Model {
	dim := func(n int) *onnxpb.TensorShapeProto_Dimension {
		if n == 0 {
			return &onnxpb.TensorShapeProto_Dimension{Value: &onnxpb.TensorShapeProto_Dimension_DimParam{DimParam: "batch"}}
		}
		return &onnxpb.TensorShapeProto_Dimension{Value: &onnxpb.TensorShapeProto_Dimension_DimValue{DimValue: int64(n)}}
	}
	value := func(name string, shape ...int) *onnxpb.ValueInfoProto {
		s := &onnxpb.TensorShapeProto{}
		for _, n := range shape {
			s.Dim = append(s.Dim, dim(n))
		}
		return &onnxpb.ValueInfoProto{Name: proto.String(name), Type: &onnxpb.TypeProto{Value: &onnxpb.TypeProto_TensorType{
			TensorType: &onnxpb.TypeProto_Tensor{ElemType: proto.Int32(int32(tensor.Float32)), Shape: s}}}}
	}
	node := func(op, in, out string) *onnxpb.NodeProto {
		return &onnxpb.NodeProto{OpType: proto.String(op), Name: proto.String(out), Input: []string{in}, Output: []string{out}}
	}
	return onnx.New(&onnxpb.ModelProto{
		IrVersion:   proto.Int64(8),
		OpsetImport: []*onnxpb.OperatorSetIdProto{{Version: proto.Int64(17)}},
		Graph: &onnxpb.GraphProto{
			Name:   proto.String("test"),
			Node:   []*onnxpb.NodeProto{node(op, "input", "stem"), node("GlobalAveragePool", "stem", "pool"), node("Flatten", "pool", "logits")},
			Input:  []*onnxpb.ValueInfoProto{value("input", batch, 3, 4, 5)},
			Output: []*onnxpb.ValueInfoProto{value("logits", batch, 3)},
		},
	})
}

// recorded is what model computes of two pictures, in NHWC.
func recorded() runtime.Tensors {
	nhwc := tensor.New(tensor.Float32, 2, 4, 5, 3)
	stem := tensor.New(tensor.Float32, 1, 4, 5, 3)
	logits := tensor.New(tensor.Float32, 2, 3)
	for i := range tensor.Data[float32](nhwc) {
		v := float32(math.Sin(float64(i)))
		tensor.Data[float32](nhwc)[i] = v
		v = max(v, 0)
		if i < 60 {
			tensor.Data[float32](stem)[i] = v
		}
		tensor.Data[float32](logits)[i/60*3+i%3] += v / 20
	}
	return runtime.Tensors{"input": nhwc, "stem": stem, "logits": logits}
}

func run(t *testing.T, m *onnx.Model, o verify.Options, refs ...verify.Reference) *verify.Report {
	t.Helper()
	if o.Tolerance == (verify.Tolerance{}) {
		o.Tolerance = verify.DefaultTolerance
	}
	r, err := verify.Run(context.Background(), m, refs, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func names(c *verify.Comparison) []string {
	var list []string
	for _, v := range c.Values {
		list = append(list, v.Name)
	}
	return list
}

func TestRecordedNHWC(t *testing.T) {
	for _, batch := range []int{0, 1, 2} {
		r := run(t, model(batch, "Relu"), verify.Options{Layers: true}, verify.Recorded("io", recorded()))
		c := r.References[0]
		if !r.Pass || !c.Pass || c.Compared != 66 || c.MaxRel > 1e-6 || c.FirstDifferent != nil || c.Top1Agree == nil || *c.Top1Agree != 1 {
			t.Errorf("batch %d: %+v", batch, c)
		}
		if got := names(c); !slices.Equal(got, []string{"stem", "logits"}) {
			t.Errorf("compared %q", got)
		}
		if !slices.Equal(c.OnlyModel, []string{"pool"}) || len(c.OnlyReference) != 0 {
			t.Errorf("only in model %q, only in reference %q", c.OnlyModel, c.OnlyReference)
		}
	}
}

// TestPlantedErrors has one error each that must be found.
func TestPlantedErrors(t *testing.T) {
	set := func(name string, i int, v float32) func(runtime.Tensors) {
		return func(a runtime.Tensors) { tensor.Data[float32](a[name])[i] += v }
	}
	for _, test := range []struct {
		name   string
		plant  func(runtime.Tensors)
		layers bool
		first  string // "" where nothing is compared
	}{
		{"logit beyond tolerance", set("logits", 5, 4e-5), false, "logits"},
		{"NaN", set("logits", 0, float32(math.NaN())), false, "logits"},
		{"infinity makes no tolerance", set("logits", 0, float32(math.Inf(1))), false, "logits"},
		{"first layer that differs", set("stem", 7, 1), true, "stem"},
		{"other classes", func(a runtime.Tensors) { a["logits"] = tensor.New(tensor.Float32, 2, 4) }, false, "logits"},
		{"more pictures than given", func(a runtime.Tensors) { a["logits"] = tensor.New(tensor.Float32, 3, 3) }, false, "logits"},
		{"text", func(a runtime.Tensors) { a["logits"] = tensor.New(tensor.String, 2, 3) }, false, "logits"},
		{"no pictures", func(a runtime.Tensors) { a["logits"] = tensor.New(tensor.Float32, 0, 3) }, false, "logits"},
		{"nothing to compare", func(a runtime.Tensors) { delete(a, "logits") }, false, ""},
		{"reference of zeros", func(a runtime.Tensors) { a["logits"] = tensor.New(tensor.Float32, 2, 3) }, false, "logits"},
	} {
		arrays := recorded()
		test.plant(arrays)
		r := run(t, model(0, "Relu"), verify.Options{Layers: test.layers}, verify.Recorded("io", arrays))
		c := r.References[0]
		if r.Pass || c.Pass {
			t.Errorf("%s: passed", test.name)
		}
		first := ""
		if c.FirstDifferent != nil {
			first = *c.FirstDifferent
		}
		if first != test.first {
			t.Errorf("%s: first different %q, want %q", test.name, first, test.first)
		}
		requireReports(t, r)
	}
}

// requireReports checks that a report of any content can be written.
func requireReports(t *testing.T, r *verify.Report) {
	t.Helper()
	var text bytes.Buffer
	if err := r.WriteText(&text); err != nil || !strings.Contains(text.String(), "DIFFERENT") {
		t.Errorf("text report: %v\n%s", err, &text)
	}
	var page bytes.Buffer
	if err := r.WriteHTML(&page, verify.About{Title: "m.onnx"}); err != nil || !strings.Contains(page.String(), "different") {
		t.Errorf("page: %v", err)
	}
	for _, outside := range []string{"http", "src=", "href="} {
		if strings.Contains(page.String(), outside) {
			t.Errorf("the page refers to another file: %q", outside)
		}
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back struct {
		References []map[string]any
	}
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"name", "pass", "compared", "max_abs", "max_rel", "least_atol", "least_rtol", "top1_agree", "top5_agree", "nan", "infinite", "histogram", "first_different"} {
		if _, ok := back.References[0][key]; !ok {
			t.Errorf("JSON lacks %q: %s", key, data)
		}
	}
}

func TestLeastAtol(t *testing.T) {
	arrays := recorded()
	tensor.Data[float32](arrays["logits"])[0] += 0.25
	c := run(t, model(0, "Relu"), verify.Options{}, verify.Recorded("io", arrays)).References[0]
	least := float64(c.LeastAtol)
	if math.Abs(least-0.25) > 1e-6 {
		t.Errorf("least atol %g", least)
	}
	for _, test := range []struct {
		atol float64
		pass bool
	}{{least, true}, {least * 0.999, false}} {
		o := verify.Options{Tolerance: verify.Tolerance{Abs: test.atol}}
		if got := run(t, model(0, "Relu"), o, verify.Recorded("io", arrays)).Pass; got != test.pass {
			t.Errorf("atol %g: pass %v", test.atol, got)
		}
	}
}

func TestTwoFilesShareOneInput(t *testing.T) {
	all := recorded()
	layers := verify.Recorded("endpoints", runtime.Tensors{"stem": all["stem"]})
	delete(all, "stem")
	io := verify.Recorded("io", all)
	for _, refs := range [][]verify.Reference{{io, layers}, {layers, io}} {
		if r := run(t, model(0, "Relu"), verify.Options{Layers: true}, refs...); !r.Pass {
			t.Errorf("%+v %+v", r.References[0], r.References[1])
		}
	}
	_, err := verify.Run(context.Background(), model(0, "Relu"), []verify.Reference{layers}, verify.Options{Layers: true})
	if err == nil || !strings.Contains(err.Error(), "input") {
		t.Errorf("a reference without input: %v", err)
	}
}

// TestLostPictures: outputs are of all pictures of the input in their file.
func TestLostPictures(t *testing.T) {
	arrays := recorded()
	arrays["logits"] = tensor.Of(tensor.Data[float32](arrays["logits"])[:3], 1, 3)
	_, err := verify.Run(context.Background(), model(0, "Relu"), []verify.Reference{verify.Recorded("io", arrays)}, verify.Options{})
	if err == nil || !strings.Contains(err.Error(), "io has output logits [1,3], the model's for the input recorded with it is [2,3]") {
		t.Errorf("error %v", err)
	}
	// Without an input of its own, a file may be of the first pictures alone.
	o := verify.Options{Input: runtime.Tensors{"input": arrays["input"]}}
	delete(arrays, "input")
	if r := run(t, model(0, "Relu"), o, verify.Recorded("first", arrays)); !r.Pass || r.References[0].Compared != 3 {
		t.Errorf("%+v", r.References[0])
	}
}

// TestTwoInputs: of an input that is given and one that is recorded, none is
// ignored.
func TestTwoInputs(t *testing.T) {
	given := runtime.Tensors{"input": recorded()["input"]}
	if r := run(t, model(0, "Relu"), verify.Options{Input: given}, verify.Recorded("io", recorded())); !r.Pass {
		t.Errorf("the same twice: %+v", r.References[0])
	}
	tensor.Data[float32](given["input"])[7]++
	_, err := verify.Run(context.Background(), model(0, "Relu"), []verify.Reference{verify.Recorded("io", recorded())}, verify.Options{Input: given})
	if err == nil || !strings.Contains(err.Error(), "io has an input input float32 [2,3,4,5] of its own, another one") {
		t.Errorf("error %v", err)
	}
}

// TestNothingFinite: differences that nobody can know are not 0.
func TestNothingFinite(t *testing.T) {
	nan := float32(math.NaN())
	x := tensor.Of([]float32{nan, nan}, 1, 2)
	v := verify.Compare("x", x, x, verify.DefaultTolerance)
	data, err := json.Marshal(v)
	if err != nil || v.Pass || !strings.Contains(string(data), `"max_abs":null,"max_rel":null,"max_ref":null`) {
		t.Errorf("%s, %v", data, err)
	}
}

func TestModelReference(t *testing.T) {
	for op, pass := range map[string]bool{"Relu": true, "Sigmoid": false} {
		other, err := verify.Model("other", model(0, op), verify.Options{Layers: true})
		if err != nil {
			t.Fatal(err)
		}
		c := run(t, model(0, "Relu"), verify.Options{Layers: true}, other).References[0]
		if c.Pass != pass || len(c.Values) != 3 || (!pass && *c.FirstDifferent != "stem") {
			t.Errorf("%s: %+v", op, c)
		}
	}
	if _, err := verify.Forms(model(0, "Relu"), verify.Options{}); err == nil {
		t.Error("a model without mixed convolutions has two forms")
	}
}

// TestGroups: values that are computed and compared one at a time give the report that
// all at once give, and progress counts them.
func TestGroups(t *testing.T) {
	report := func(most int64) (*verify.Report, []string) {
		defer verify.SetMaxGroup(most)()
		other, err := verify.Model("other", model(0, "Sigmoid"), verify.Options{Layers: true})
		if err != nil {
			t.Fatal(err)
		}
		var shown []string
		o := verify.Options{Layers: true, Record: true, Progress: func(name string, done, total int) {
			shown = append(shown, fmt.Sprintf("%s %d/%d", name, done, total))
		}}
		return run(t, model(0, "Relu"), o, other), shown
	}
	whole, shown := report(1 << 20)
	if want := []string{"other 0/0", "other 1/3", "other 2/3", "other 3/3"}; !slices.Equal(shown, want) {
		t.Errorf("progress %v, want %v", shown, want)
	}
	single, again := report(1)
	if !slices.Equal(again, shown) {
		t.Errorf("progress one at a time %v, together %v", again, shown)
	}
	for _, r := range []*verify.Report{whole, single} {
		if record := r.References[0].Record(); len(record) != 4 || record["stem"] == nil || record["input"] == nil {
			t.Errorf("recorded %d arrays", len(record))
		}
	}
	a, _ := json.Marshal(whole)
	b, _ := json.Marshal(single)
	if !bytes.Equal(a, b) || whole.Pass {
		t.Errorf("one at a time\n%s, together\n%s", b, a)
	}
}

// TestInGroups: no group is larger than is allowed but for a value that is.
func TestInGroups(t *testing.T) {
	sizes := map[string]int64{"a": 3, "b": 3, "c": 9, "d": 0, "e": 6, "f": 1}
	var got []string
	for group := range verify.InGroups([]string{"a", "b", "c", "d", "e", "f"}, 6, func(name string) int64 { return sizes[name] }) {
		got = append(got, strings.Join(group, ""))
	}
	if want := []string{"ab", "c", "de", "f"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for range verify.InGroups(nil, 6, func(string) int64 { return 1 }) {
		t.Error("a group of nothing")
	}
}

// TestAmbiguousLayout has arrays whose shape is the same in NCHW and NHWC: they
// are read as the file's other arrays are.
func TestAmbiguousLayout(t *testing.T) {
	cube := func(step [3]int) *tensor.Tensor { // element c,y,x is 9c+3y+x
		c := tensor.New(tensor.Float32, 1, 3, 3, 3)
		for i := range 27 {
			at := i/9*step[0] + i/3%3*step[1] + i%3*step[2]
			tensor.Data[float32](c)[at] = float32(i)
		}
		return c
	}
	nchw, nhwc := cube([3]int{9, 3, 1}), cube([3]int{1, 9, 3})
	flat := tensor.New(tensor.Float32, 1, 2, 2, 3)
	got := runtime.Tensors{"cube": nchw, "flat": tensor.New(tensor.Float32, 1, 3, 2, 2)}
	for _, test := range []struct {
		want runtime.Tensors
		pass bool
	}{
		{runtime.Tensors{"cube": nhwc, "flat": flat}, true},
		{runtime.Tensors{"cube": nchw}, true},
		{runtime.Tensors{"cube": nhwc}, false},
	} {
		if c := verify.CompareAll(got, test.want); c.Pass != test.pass {
			t.Errorf("%v: %+v", test.want, c)
		}
	}
}

func TestNPZFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "io.npz")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := npy.WriteArchive(f, recorded()); err != nil {
		t.Fatal(err)
	}
	ref, err := verify.NPZ(path, limit.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if r := run(t, model(0, "Relu"), verify.Options{}, ref); !r.Pass || r.References[0].Name != "npz:"+path {
		t.Errorf("%+v", r.References[0])
	}
}

// TestWrongTensors: arrays that a caller put together wrong are errors.
func TestWrongTensors(t *testing.T) {
	short := &tensor.Tensor{DType: tensor.Float32, Shape: tensor.Shape{2, 3}, Data: []float32{1}}
	right := tensor.New(tensor.Float32, 2, 3)
	for _, pair := range [][2]*tensor.Tensor{{short, right}, {right, short}, {nil, right}, {right, nil}} {
		if v := verify.Compare("x", pair[0], pair[1], verify.DefaultTolerance); v.Pass || v.Note == "" || v.Compared != 0 {
			t.Errorf("%+v", v)
		}
	}
	all := recorded()
	for name := range all {
		arrays := maps.Clone(all)
		arrays[name] = short
		for _, o := range []verify.Options{{}, {Layers: true}, {Input: arrays}} {
			_, err := verify.Run(context.Background(), model(0, "Relu"), []verify.Reference{verify.Recorded("arrays", arrays)}, o)
			if err == nil || !strings.Contains(err.Error(), "array "+name+": 1 elements of data, the shape [2,3] has 6") {
				t.Errorf("%s, %+v: %v", name, o, err)
			}
		}
	}
}
