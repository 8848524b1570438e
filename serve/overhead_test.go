package serve

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/serve/internal/oippb"
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

// BenchmarkOverhead times requests with a float32 input [1,3,224,224], one after the other,
// and the run alone in the same process. It prints the medians and what a request takes
// beside the run: at most 0.3 ms over HTTP and 0.5 ms over gRPC.
func BenchmarkOverhead(b *testing.B) {
	path := meanFile(b, filepath.Join(b.TempDir(), "mean.onnx"))
	if given := os.Getenv("MIXCONV_SERVE_MODEL"); given != "" { // one with the same input
		path = given
	}
	o := options("model=" + path)
	url := start(b, o)
	session, err := runtime.Load(path, runtime.Options{Threads: o.ThreadsOfRun})
	if err != nil {
		b.Fatal(err)
	}
	x := tensor.New(tensor.Float32, 1, 3, 224, 224)
	for i := range tensor.Data[float32](x) {
		tensor.Data[float32](x)[i] = float32(i%17) / 17
	}
	in := runtime.Tensors{session.Inputs()[0].Name: x}
	rest := restCaller(b, url, session.Inputs()[0].Name, x)
	grpc := grpcCaller(b, url, session.Inputs()[0].Name, x)
	var run, http, rpc []time.Duration
	timed := func(list *[]time.Duration, f func()) {
		start := time.Now()
		f()
		*list = append(*list, time.Since(start))
	}
	for b.Loop() {
		timed(&run, func() {
			if _, err := session.Run(b.Context(), in); err != nil {
				b.Fatal(err)
			}
		})
		timed(&http, rest)
		timed(&rpc, grpc)
	}
	alone, http10, rpc10 := quantile(run, 2), quantile(http, 10), quantile(rpc, 10)
	b.ReportMetric(ms(alone), "run-ms")
	b.ReportMetric(ms(quantile(http, 2)-alone), "http-ms")
	b.ReportMetric(ms(quantile(rpc, 2)-alone), "grpc-ms")
	b.ReportMetric(ms(http10-quantile(run, 10)), "http-p10-ms") // where other programs disturb less
	b.ReportMetric(ms(rpc10-quantile(run, 10)), "grpc-p10-ms")
}

// quantile is the time below which one of so many requests is.
func quantile(list []time.Duration, of int) time.Duration {
	slices.Sort(list)
	return list[len(list)/of]
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }

// restCaller makes a request with binary tensors both ways.
func restCaller(b *testing.B, url, input string, x *tensor.Tensor) func() {
	data := raw(x)
	text := fmt.Sprintf(`{"inputs":[{"name":%q,"datatype":"FP32","shape":[1,3,224,224],"parameters":{"binary_data_size":%d}}],"parameters":{"binary_data_output":true}}`, input, len(data))
	body := append([]byte(text), data...)
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, WriteBufferSize: 64 << 10}}
	return func() {
		r, err := http.NewRequest("POST", url+"/v2/models/model/infer", bytes.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Inference-Header-Content-Length", fmt.Sprint(len(text)))
		a, err := client.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		_, err = io.Copy(io.Discard, a.Body)
		a.Body.Close()
		if err != nil || a.StatusCode != http.StatusOK {
			b.Fatal(a.StatusCode, err)
		}
	}
}

// grpcCaller makes a call with raw contents.
func grpcCaller(b *testing.B, url, input string, x *tensor.Tensor) func() {
	q := rawInfer(x)
	q.ModelName, q.Inputs[0].Name = "model", input
	c := connect.NewClient[oippb.InferRequest, oippb.InferResponse](http2(b), url+"/"+grpcInference+"ModelInfer", connect.WithGRPC())
	return func() {
		if _, err := c.CallUnary(b.Context(), connect.NewRequest(q)); err != nil {
			b.Fatal(err)
		}
	}
}
