package serve

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/mixconv/mixconv/serve/internal/oippb"
	"github.com/mixconv/mixconv/tensor"
)

// http2 is a client that speaks HTTP/2 without TLS.
func http2(t testing.TB) *http.Client {
	var p http.Protocols
	p.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: &p}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// call calls a method over gRPC.
func call[Q, R any](t testing.TB, url, method string, q *Q, options ...connect.ClientOption) (*R, error) {
	t.Helper()
	options = append(options, connect.WithGRPC())
	c := connect.NewClient[Q, R](http2(t), url+"/"+method, options...)
	r, err := c.CallUnary(t.Context(), connect.NewRequest(q))
	if err != nil {
		return nil, err
	}
	return r.Msg, nil
}

const grpcInference = "inference.GRPCInferenceService/"

// rawInfer asks for an inference of x with raw contents.
func rawInfer(x *tensor.Tensor) *oippb.InferRequest {
	var shape []int64
	for _, n := range x.Shape {
		shape = append(shape, int64(n))
	}
	return &oippb.InferRequest{
		ModelName: "digits", Id: "7", Inputs: []*oippb.Tensor{{Name: "input", Datatype: "FP32", Shape: shape}}, RawInputContents: [][]byte{raw(x)},
	}
}

// TestGRPCInfer: raw and typed contents give the session's numbers to the bit, compressed
// or not.
func TestGRPCInfer(t *testing.T) {
	url, session := startDigits(t)
	x := heldOut(t, 40)
	want := logits(t, session, x)
	wantRaw := string(raw(tensor.Of(want, 40, 10)))
	for name, options := range map[string][]connect.ClientOption{"plain": nil, "gzip": {connect.WithSendGzip()}} {
		r, err := call[oippb.InferRequest, oippb.InferResponse](t, url, grpcInference+"ModelInfer", rawInfer(x), options...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if r.Id != "7" || r.ModelName != "digits" || r.ModelVersion != "1" || !slices.Equal(r.Outputs[0].Shape, []int64{40, 10}) || string(r.RawOutputContents[0]) != wantRaw {
			t.Errorf("%s: other numbers, or not as asked", name)
		}
	}
	q := rawInfer(x)
	q.RawInputContents, q.Inputs[0].Contents = nil, &oippb.Contents{Fp32Contents: tensor.Data[float32](x)}
	r, err := call[oippb.InferRequest, oippb.InferResponse](t, url, grpcInference+"ModelInfer", q)
	if err != nil || len(r.RawOutputContents) != 0 || !slices.Equal(r.Outputs[0].Contents.GetFp32Contents(), want) {
		t.Errorf("typed contents: %v, or other numbers", err)
	}
	q = rawInfer(x.Rows(0, 1))
	q.Outputs = []*oippb.Wanted{{Name: "logits", Parameters: map[string]*oippb.Parameter{"classification": {Value: &oippb.Parameter_Int64Param{Int64Param: 2}}}}}
	r, err = call[oippb.InferRequest, oippb.InferResponse](t, url, grpcInference+"ModelInfer", q)
	if err != nil || r.Outputs[0].Datatype != "BYTES" || !slices.Equal(r.Outputs[0].Shape, []int64{1, 2}) || !strings.Contains(string(r.RawOutputContents[0]), ":") {
		t.Errorf("classification: %v, %v", r, err)
	}
}

// TestGRPCErrors: bad requests have gRPC's codes, and so has what is not there.
func TestGRPCErrors(t *testing.T) {
	url, _ := startDigits(t)
	x := heldOut(t, 1)
	cases := map[string]struct {
		change func(*oippb.InferRequest)
		code   connect.Code
	}{
		"model":       {func(q *oippb.InferRequest) { q.ModelName = "nope" }, connect.CodeNotFound},
		"version":     {func(q *oippb.InferRequest) { q.ModelVersion = "9" }, connect.CodeNotFound},
		"input":       {func(q *oippb.InferRequest) { q.Inputs[0].Name = "other" }, connect.CodeInvalidArgument},
		"no input":    {func(q *oippb.InferRequest) { q.Inputs, q.RawInputContents = nil, nil }, connect.CodeInvalidArgument},
		"datatype":    {func(q *oippb.InferRequest) { q.Inputs[0].Datatype = "FP31" }, connect.CodeInvalidArgument},
		"shape":       {func(q *oippb.InferRequest) { q.Inputs[0].Shape[0] = -1 }, connect.CodeInvalidArgument},
		"huge shape":  {func(q *oippb.InferRequest) { q.Inputs[0].Shape[0] = 1 << 62 }, connect.CodeInvalidArgument},
		"size":        {func(q *oippb.InferRequest) { q.RawInputContents[0] = q.RawInputContents[0][1:] }, connect.CodeInvalidArgument},
		"raw count":   {func(q *oippb.InferRequest) { q.RawInputContents = append(q.RawInputContents, nil) }, connect.CodeInvalidArgument},
		"no contents": {func(q *oippb.InferRequest) { q.RawInputContents = nil }, connect.CodeInvalidArgument},
		"both":        {func(q *oippb.InferRequest) { q.Inputs[0].Contents = &oippb.Contents{} }, connect.CodeInvalidArgument},
		"too few": {func(q *oippb.InferRequest) {
			q.RawInputContents, q.Inputs[0].Contents = nil, &oippb.Contents{Fp32Contents: []float32{1}}
		}, connect.CodeInvalidArgument},
		"output": {func(q *oippb.InferRequest) { q.Outputs = []*oippb.Wanted{{Name: "x"}} }, connect.CodeInvalidArgument},
		"shared": {func(q *oippb.InferRequest) {
			q.Inputs[0].Parameters = map[string]*oippb.Parameter{"shared_memory_region": {}}
		}, connect.CodeUnimplemented},
	}
	for name, c := range cases {
		q := rawInfer(x)
		c.change(q)
		_, err := call[oippb.InferRequest, oippb.InferResponse](t, url, grpcInference+"ModelInfer", q)
		if connect.CodeOf(err) != c.code || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	for _, method := range []string{"SystemSharedMemoryStatus", "CudaSharedMemoryRegister", "TraceSetting", "Nope"} {
		if _, err := call[oippb.Nothing, oippb.Nothing](t, url, grpcInference+method, &oippb.Nothing{}); connect.CodeOf(err) != connect.CodeUnimplemented {
			t.Errorf("%s: %v", method, err)
		}
	}
}

// TestGRPCModels: what the other methods say.
func TestGRPCModels(t *testing.T) {
	url, _ := startDigits(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	live, err := call[oippb.Nothing, oippb.Live](t, url, grpcInference+"ServerLive", &oippb.Nothing{})
	must(err)
	ready, err := call[oippb.Nothing, oippb.Ready](t, url, grpcInference+"ServerReady", &oippb.Nothing{})
	must(err)
	model, err := call[oippb.Version, oippb.Ready](t, url, grpcInference+"ModelReady", &oippb.Version{Name: "digits"})
	must(err)
	none, err := call[oippb.Version, oippb.Ready](t, url, grpcInference+"ModelReady", &oippb.Version{Name: "nope"})
	must(err)
	if !live.Live || !ready.Ready || !model.Ready || none.Ready {
		t.Errorf("live %v, ready %v, digits %v, nope %v", live.Live, ready.Ready, model.Ready, none.Ready)
	}
	server, err := call[oippb.Nothing, oippb.ServerMetadata](t, url, grpcInference+"ServerMetadata", &oippb.Nothing{})
	must(err)
	if server.Name != "mixconv" || !slices.Contains(server.Extensions, "statistics") {
		t.Errorf("server %v", server)
	}
	m, err := call[oippb.Version, oippb.ModelMetadata](t, url, grpcInference+"ModelMetadata", &oippb.Version{Name: "digits"})
	must(err)
	if m.Platform != "onnx_onnxv1" || !slices.Equal(m.Inputs[0].Shape, []int64{-1, 3, 64, 64}) || m.Outputs[0].Datatype != "FP32" {
		t.Errorf("metadata %v", m)
	}
	c, err := call[oippb.Version, oippb.ConfigResponse](t, url, grpcInference+"ModelConfig", &oippb.Version{Name: "digits", Version: "1"})
	must(err)
	if c.Config.MaxBatchSize != 16 || !slices.Equal(c.Config.Input[0].Dims, []int64{3, 64, 64}) || c.Config.Input[0].DataType != oippb.DataType_TYPE_FP32 {
		t.Errorf("config %v", c)
	}
	s, err := call[oippb.Version, oippb.StatisticsResponse](t, url, grpcInference+"ModelStatistics", &oippb.Version{})
	must(err)
	if len(s.ModelStats) != 1 || s.ModelStats[0].InferenceStats.Success.Count != 0 {
		t.Errorf("statistics %v", s)
	}
	_, err = call[oippb.RepositoryRequest, oippb.Nothing](t, url, grpcInference+"RepositoryModelUnload", &oippb.RepositoryRequest{ModelName: "digits"})
	must(err)
	index, err := call[oippb.IndexRequest, oippb.IndexResponse](t, url, grpcInference+"RepositoryIndex", &oippb.IndexRequest{})
	must(err)
	if len(index.Models) != 1 || index.Models[0].State != "UNAVAILABLE" {
		t.Errorf("index %v", index)
	}
	_, err = call[oippb.RepositoryRequest, oippb.Nothing](t, url, grpcInference+"RepositoryModelLoad", &oippb.RepositoryRequest{ModelName: "digits"})
	must(err)
}

// TestGRPCHealth: as grpc_health_probe asks.
func TestGRPCHealth(t *testing.T) {
	url, _ := startDigits(t)
	for _, name := range []string{"", "inference.GRPCInferenceService"} {
		r, err := call[oippb.HealthRequest, oippb.HealthResponse](t, url, "grpc.health.v1.Health/Check", &oippb.HealthRequest{Service: name})
		if err != nil || r.Status != oippb.HealthResponse_SERVING {
			t.Errorf("%q: %v, %v", name, r, err)
		}
	}
	if _, err := call[oippb.HealthRequest, oippb.HealthResponse](t, url, "grpc.health.v1.Health/Check", &oippb.HealthRequest{Service: "x"}); connect.CodeOf(err) != connect.CodeNotFound {
		t.Errorf("an unknown service: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c := connect.NewClient[oippb.HealthRequest, oippb.HealthResponse](http2(t), url+"/grpc.health.v1.Health/Watch", connect.WithGRPC())
	stream, err := c.CallServerStream(ctx, connect.NewRequest(&oippb.HealthRequest{}))
	if err != nil || !stream.Receive() || stream.Msg().Status != oippb.HealthResponse_SERVING {
		t.Fatalf("watch: %v", errors.Join(err, stream.Err()))
	}
	if _, err := call[oippb.RepositoryRequest, oippb.Nothing](t, url, grpcInference+"RepositoryModelUnload", &oippb.RepositoryRequest{ModelName: "nope"}); connect.CodeOf(err) != connect.CodeNotFound {
		t.Errorf("unload of nothing: %v", err)
	}
}

// TestGRPCStream: each request of a stream has one answer, in order, also behind an error.
func TestGRPCStream(t *testing.T) {
	url, session := startDigits(t)
	x := heldOut(t, 3)
	want := logits(t, session, x)
	c := connect.NewClient[oippb.InferRequest, oippb.StreamResponse](http2(t), url+"/"+grpcInference+"ModelStreamInfer", connect.WithGRPC())
	stream := c.CallBidiStream(t.Context())
	for i := range 4 {
		q := rawInfer(x.Rows(i%3, 1))
		if i == 1 {
			q.ModelName = "nope"
		}
		if err := stream.Send(q); err != nil {
			t.Fatal(err)
		}
		r, err := stream.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			if r.ErrorMessage == "" || r.InferResponse.GetId() != "7" {
				t.Errorf("answer to an error: %v", r)
			}
			continue
		}
		if r.ErrorMessage != "" || string(r.InferResponse.RawOutputContents[0]) != string(raw(tensor.Of(want[i%3*10:i%3*10+10], 1, 10))) {
			t.Errorf("answer %d: %v", i, r)
		}
	}
	if err := stream.CloseRequest(); err != nil {
		t.Error(err)
	}
	stream.CloseResponse()
}
