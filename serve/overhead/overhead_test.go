package overhead

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/serve"
	"github.com/mixconv/mixconv/serve/internal/oip"
	"github.com/mixconv/mixconv/serve/internal/servetest"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// meanFile writes a model that does little with a picture of 224 × 224: the mean of each
// of its channels. What a request takes beside its run does not depend on the network.
func meanFile(t testing.TB, path string) string {
	t.Helper()
	value := func(name string, dims ...any) *onnxpb.ValueInfoProto {
		shape := &onnxpb.TensorShapeProto{}
		for _, d := range dims {
			switch d := d.(type) {
			case string:
				shape.Dim = append(shape.Dim, &onnxpb.TensorShapeProto_Dimension{Value: &onnxpb.TensorShapeProto_Dimension_DimParam{DimParam: d}})
			case int:
				shape.Dim = append(shape.Dim, &onnxpb.TensorShapeProto_Dimension{Value: &onnxpb.TensorShapeProto_Dimension_DimValue{DimValue: int64(d)}})
			}
		}
		return &onnxpb.ValueInfoProto{Name: proto.String(name), Type: &onnxpb.TypeProto{Value: &onnxpb.TypeProto_TensorType{TensorType: &onnxpb.TypeProto_Tensor{ElemType: proto.Int32(1), Shape: shape}}}}
	}
	m := &onnxpb.ModelProto{
		IrVersion: proto.Int64(8), OpsetImport: []*onnxpb.OperatorSetIdProto{{Domain: proto.String(""), Version: proto.Int64(17)}},
		Graph: &onnxpb.GraphProto{
			Name:   proto.String("mean"),
			Node:   []*onnxpb.NodeProto{{OpType: proto.String("GlobalAveragePool"), Name: proto.String("pool"), Input: []string{"input"}, Output: []string{"mean"}}},
			Input:  []*onnxpb.ValueInfoProto{value("input", "batch", 3, 224, 224)},
			Output: []*onnxpb.ValueInfoProto{value("mean", "batch", 3, 1, 1)},
		},
	}
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// served is a server of a model, and the same model without it.
type served struct {
	address string
	session *runtime.Session
	input   string
	x       *tensor.Tensor
	callers map[string]func() []byte
}

// serveModel serves meanFile's model, or the file that MIXCONV_SERVE_MODEL names, which
// takes an input of the same shape.
func serveModel(t testing.TB) *served {
	t.Helper()
	path := os.Getenv("MIXCONV_SERVE_MODEL")
	if path == "" {
		path = meanFile(t, filepath.Join(t.TempDir(), "mean.onnx"))
	}
	o := serve.Defaults()
	o.Models, o.Listen = []string{"model=" + path}, "127.0.0.1:0"
	m := &served{address: start(t, o), x: tensor.New(tensor.Float32, 1, 3, 224, 224)}
	var err error
	if m.session, err = runtime.Load(path, runtime.Options{Threads: o.ThreadsOfRun}); err != nil {
		t.Fatal(err)
	}
	for i := range tensor.Data[float32](m.x) {
		tensor.Data[float32](m.x)[i] = float32(i%17) / 17
	}
	m.input = m.session.Inputs()[0].Name
	m.callers = map[string]func() []byte{
		"http": httpConnection(t, m.address, m.input, m.x), "net/http": httpClient(t, m.address, m.input, m.x),
		"grpc": grpcConnection(t, m.address, m.input, m.x), "grpc-go": grpcClient(t, m.address, m.input, m.x),
	}
	return m
}

// start serves until t ends, and returns the address.
func start(t testing.TB, o serve.Options) string {
	t.Helper()
	s, err := serve.New(o)
	if err != nil {
		t.Fatal(err)
	}
	servetest.Run(t, s)
	return s.Addr().(*net.TCPAddr).String()
}

func (m *served) run(t testing.TB) []byte {
	t.Helper()
	out, err := m.session.Run(t.Context(), runtime.Tensors{m.input: m.x})
	if err != nil {
		t.Fatal(err)
	}
	return oip.AppendBinary(nil, out[m.session.Outputs()[0].Name])
}

// TestCallers: the clients of the benchmark get the session's bytes, call after call.
func TestCallers(t *testing.T) {
	m := serveModel(t)
	want := string(m.run(t))
	for name, call := range m.callers {
		for i := range 10 {
			if got := string(call()); !strings.HasSuffix(got, want) { // over HTTP, JSON comes first
				t.Fatalf("%s, call %d: %d bytes, not the session's %d at their end", name, i, len(got), len(want))
			}
		}
	}
}

// BenchmarkOverhead times calls with a float32 input [1,3,224,224], one after the other,
// and runs alone in the same process in turn with them. It prints the median of the runs;
// what the median of calls takes more, for bare connections (http, grpc) and for the
// clients of net/http and grpc-go, which cost something themselves; and the median of
// calls to servers that do nothing.
func BenchmarkOverhead(b *testing.B) {
	m := serveModel(b)
	callers := floors(b, m)
	for name, call := range m.callers {
		callers[name] = call
	}
	times := make(map[string][]time.Duration)
	timed := func(name string, f func()) {
		begin := time.Now()
		f()
		times[name] = append(times[name], time.Since(begin))
	}
	for b.Loop() {
		for name, call := range callers {
			timed("run", func() { m.run(b) })
			timed(name, func() { call() })
		}
	}
	run := median(times["run"])
	b.ReportMetric(ms(run), "run-ms")
	for name := range callers {
		took := median(times[name])
		if m.callers[name] != nil {
			took -= run
		}
		b.ReportMetric(ms(took), name+"-ms")
	}
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }
