package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"connectrpc.com/connect"
	"github.com/mixconv/mixconv/serve/internal/oippb"
)

const grpcGroup = "gRPC"

var grpcCases = []testCase{
	{grpcGroup, "the server is live", "gRPC: ServerLive", "", func(ctx context.Context, s *suite) error {
		r, err := call[oippb.Nothing, oippb.Live](ctx, s, inferenceService+"ServerLive", &oippb.Nothing{})
		return isTrue("live", r.GetLive(), err)
	}},
	{grpcGroup, "the server is ready", "gRPC: ServerReady", "", func(ctx context.Context, s *suite) error {
		r, err := call[oippb.Nothing, oippb.Ready](ctx, s, inferenceService+"ServerReady", &oippb.Nothing{})
		return isTrue("ready", r.GetReady(), err)
	}},
	{grpcGroup, "the model is ready", "gRPC: ModelReady", "", func(ctx context.Context, s *suite) error {
		r, err := call[oippb.Version, oippb.Ready](ctx, s, inferenceService+"ModelReady", &oippb.Version{Name: s.Model})
		return isTrue("ready", r.GetReady(), err)
	}},
	{grpcGroup, "a model that is not there is not ready", "gRPC: ModelReady", "", func(ctx context.Context, s *suite) error {
		r, err := call[oippb.Version, oippb.Ready](ctx, s, inferenceService+"ModelReady", &oippb.Version{Name: "mixconv_no_such_model"})
		if isInapplicable(err) {
			return err
		}
		return equal("ready", r.GetReady(), err != nil || !r.GetReady(), "false or an error")
	}},
	{grpcGroup, "the server's metadata is that of REST", "gRPC: ServerMetadata", "", func(ctx context.Context, s *suite) error {
		r, err := call[oippb.Nothing, oippb.ServerMetadata](ctx, s, inferenceService+"ServerMetadata", &oippb.Nothing{})
		if err != nil {
			return err
		}
		return equal("extensions", r.Extensions, r.Name != "" && r.Version != "" && slices.Equal(r.Extensions, s.extensions), fmt.Sprint(s.extensions))
	}},
	{grpcGroup, "the model's metadata is that of REST", "gRPC: ModelMetadata", "", func(ctx context.Context, s *suite) error {
		r, err := call[oippb.Version, oippb.ModelMetadata](ctx, s, inferenceService+"ModelMetadata", &oippb.Version{Name: s.Model})
		if err != nil {
			return err
		}
		for _, side := range []struct {
			got  []*oippb.TensorMetadata
			want []tensorMetadata
		}{{r.Inputs, s.model.Inputs}, {r.Outputs, s.model.Outputs}} {
			ok := slices.EqualFunc(side.got, side.want, func(a *oippb.TensorMetadata, b tensorMetadata) bool {
				return a.Name == b.Name && a.Datatype == b.Datatype && slices.Equal(a.Shape, b.Shape)
			})
			if err := equal("tensors", side.got, ok, fmt.Sprint(side.want)); err != nil {
				return err
			}
		}
		return nil
	}},
	{grpcGroup, "the metadata of a model that is not there is NOT_FOUND", "gRPC: ModelMetadata", "", func(ctx context.Context, s *suite) error {
		_, err := call[oippb.Version, oippb.ModelMetadata](ctx, s, inferenceService+"ModelMetadata", &oippb.Version{Name: "mixconv_no_such_model"})
		return hasCode(err, connect.CodeNotFound)
	}},
	{grpcGroup, "elements in the fields of their types have REST's answer", "gRPC: ModelInfer, InferTensorContents", "", alikeGRPC(false)},
	{grpcGroup, "raw elements have REST's answer", "gRPC: ModelInfer, raw_input_contents", "", alikeGRPC(true)},
	{grpcGroup, "the id comes back", "gRPC: ModelInfer, id", "", func(ctx context.Context, s *suite) error {
		r, err := s.inferGRPC(ctx, func(r *oippb.InferRequest) { r.Id = "a-1 é" })
		if err != nil {
			return err
		}
		return equal("id", r.Id, r.Id == "a-1 é", `"a-1 é"`)
	}},
	{grpcGroup, "the answer names the model", "gRPC: ModelInferResponse", "", func(ctx context.Context, s *suite) error {
		r, err := s.inferGRPC(ctx, nil)
		if err != nil {
			return err
		}
		return equal("model_name", r.ModelName, r.ModelName == s.Model, s.Model)
	}},
	{grpcGroup, "only the outputs that are asked for come", "gRPC: InferRequestedOutputTensor", "", func(ctx context.Context, s *suite) error {
		name := s.model.Outputs[len(s.model.Outputs)-1].Name
		r, err := s.inferGRPC(ctx, func(r *oippb.InferRequest) { r.Outputs = []*oippb.Wanted{{Name: name}} })
		if err != nil {
			return err
		}
		return equal("outputs", len(r.Outputs), len(r.Outputs) == 1 && r.Outputs[0].Name == name, "only "+name)
	}},
	{grpcGroup, "a model that is not there is NOT_FOUND", "gRPC: ModelInfer, errors", "", refusesGRPC(connect.CodeNotFound, func(_ *suite, r *oippb.InferRequest) { r.ModelName = "mixconv_no_such_model" })},
	{grpcGroup, "a version that is not there is an error", "gRPC: ModelInfer, errors", "", refusesGRPC(0, func(_ *suite, r *oippb.InferRequest) { r.ModelVersion = "987654321" })},
	{grpcGroup, "no inputs are INVALID_ARGUMENT", "gRPC: ModelInfer, errors", "", refusesGRPC(connect.CodeInvalidArgument, func(_ *suite, r *oippb.InferRequest) { r.Inputs, r.RawInputContents = nil, nil })},
	{grpcGroup, "an input that the model has not is INVALID_ARGUMENT", "gRPC: ModelInfer, errors", "", refusesGRPC(connect.CodeInvalidArgument, func(_ *suite, r *oippb.InferRequest) { r.Inputs[0].Name = "mixconv_no_such_input" })},
	{grpcGroup, "a type that the text has not is INVALID_ARGUMENT", "gRPC: ModelInfer, errors", "", refusesGRPC(connect.CodeInvalidArgument, func(_ *suite, r *oippb.InferRequest) { r.Inputs[0].Datatype = "FP31" })},
	{grpcGroup, "a rank that the model has not is INVALID_ARGUMENT", "gRPC: ModelInfer, errors", "", refusesGRPC(connect.CodeInvalidArgument, func(_ *suite, r *oippb.InferRequest) {
		r.Inputs[0].Shape = append([]int64{1, 1}, r.Inputs[0].Shape...)
	})},
	{grpcGroup, "a negative dimension is INVALID_ARGUMENT", "gRPC: ModelInfer, errors", "", refusesGRPC(connect.CodeInvalidArgument, func(_ *suite, r *oippb.InferRequest) {
		r.Inputs[0].Shape = append([]int64{-1}, r.Inputs[0].Shape[1:]...)
	})},
	{grpcGroup, "fewer raw bytes than the shape takes are INVALID_ARGUMENT", "gRPC: ModelInfer, raw_input_contents", "", refusesGRPC(connect.CodeInvalidArgument, func(_ *suite, r *oippb.InferRequest) {
		r.RawInputContents[0] = r.RawInputContents[0][1:]
	})},
	{grpcGroup, "more raw_input_contents than inputs are INVALID_ARGUMENT", "gRPC: ModelInfer, raw_input_contents", "", refusesGRPC(connect.CodeInvalidArgument, func(_ *suite, r *oippb.InferRequest) {
		r.RawInputContents = append(r.RawInputContents, []byte{1})
	})},
	{grpcGroup, "raw elements and contents at once are INVALID_ARGUMENT", "gRPC: ModelInfer, raw_input_contents", "", refusesGRPC(connect.CodeInvalidArgument, func(s *suite, r *oippb.InferRequest) {
		r.Inputs[0].Contents = contents(s.inputs[0])
	})},
	{grpcGroup, "an output that the model has not is INVALID_ARGUMENT", "gRPC: ModelInfer, errors", "", refusesGRPC(connect.CodeInvalidArgument, func(_ *suite, r *oippb.InferRequest) {
		r.Outputs = []*oippb.Wanted{{Name: "mixconv_no_such_output"}}
	})},
	{grpcGroup, "a method that is not there is UNIMPLEMENTED", "gRPC status codes", "", func(ctx context.Context, s *suite) error {
		_, err := call[oippb.Nothing, oippb.Nothing](ctx, s, inferenceService+"MixconvNoSuchMethod", &oippb.Nothing{})
		return hasCode(err, connect.CodeUnimplemented)
	}},
	{grpcGroup, "a stream answers each request, in their order", "gRPC: ModelStreamInfer", "", streams},
	{grpcGroup, "statistics are those of REST", statSection + ", gRPC", statistics, func(ctx context.Context, s *suite) error {
		r, err := call[oippb.Version, oippb.StatisticsResponse](ctx, s, inferenceService+"ModelStatistics", &oippb.Version{Name: s.Model})
		if err != nil {
			return err
		}
		if len(r.ModelStats) == 0 || r.ModelStats[0].Name != s.Model {
			return fmt.Errorf("%d models, demanded %q", len(r.ModelStats), s.Model)
		}
		want, err := s.counted(ctx, "success", "count")
		if err != nil {
			return err
		}
		got := 0.0
		for _, m := range r.ModelStats {
			got += float64(m.GetInferenceStats().GetSuccess().GetCount())
		}
		return equal("success", got, got == want, fmt.Sprint(want))
	}},
	{grpcGroup, "the configuration is that of REST", configSection + ", gRPC", configurationExtension, func(ctx context.Context, s *suite) error {
		r, err := call[oippb.Version, oippb.ConfigResponse](ctx, s, inferenceService+"ModelConfig", &oippb.Version{Name: s.Model})
		if err != nil {
			return err
		}
		ok := r.GetConfig().GetName() == s.Model && len(r.GetConfig().GetInput()) == len(s.model.Inputs) && len(r.GetConfig().GetOutput()) == len(s.model.Outputs)
		return equal("config", r.GetConfig().GetName(), ok, s.Model+" with the inputs and outputs of the metadata")
	}},
	{grpcGroup, "the index is that of REST", repositorySection + ", gRPC", repositoryExtension, func(ctx context.Context, s *suite) error {
		r, err := call[oippb.IndexRequest, oippb.IndexResponse](ctx, s, inferenceService+"RepositoryIndex", &oippb.IndexRequest{})
		if err != nil {
			return err
		}
		want, err := s.index(ctx, map[string]any{})
		if err != nil {
			return err
		}
		return equal("models", len(r.Models), len(r.Models) == len(want), fmt.Sprint(len(want)))
	}},
	{grpcGroup, "the health service says SERVING", "gRPC Health Checking Protocol", "", func(ctx context.Context, s *suite) error {
		r, err := call[oippb.HealthRequest, oippb.HealthResponse](ctx, s, healthService+"Check", &oippb.HealthRequest{})
		if err != nil {
			return noHealth(err)
		}
		return equal("status", r.Status, r.Status == oippb.HealthResponse_SERVING, "SERVING")
	}},
	{grpcGroup, "the health of a service that is not there is NOT_FOUND", "gRPC Health Checking Protocol", "", func(ctx context.Context, s *suite) error {
		_, err := call[oippb.HealthRequest, oippb.HealthResponse](ctx, s, healthService+"Check", &oippb.HealthRequest{Service: "mixconv.no.such.Service"})
		return hasCode(noHealth(err), connect.CodeNotFound)
	}},
}

// noHealth: the health service has a protocol of its own, which this one does not demand.
func noHealth(err error) error {
	if err != nil && connect.CodeOf(err) == connect.CodeUnimplemented {
		return &inapplicable{"the server has no grpc.health.v1.Health"}
	}
	return err
}

func isInapplicable(err error) bool {
	missing := (*inapplicable)(nil)
	return errors.As(err, &missing)
}

func isTrue(what string, found bool, err error) error {
	if err != nil {
		return err
	}
	return equal(what, found, found, "true")
}

// hasCode demands an error with a code of gRPC; 0 stands for any that is the caller's.
func hasCode(err error, want connect.Code) error {
	if isInapplicable(err) {
		return err
	}
	if err == nil {
		return errors.New("an answer, demanded an error")
	}
	code := connect.CodeOf(err)
	callers := code == connect.CodeInvalidArgument || code == connect.CodeNotFound || code == connect.CodeFailedPrecondition || code == connect.CodeUnavailable
	if code != want && (want != 0 || !callers) {
		demanded := want.String()
		if want == 0 {
			demanded = "not_found or another that blames the caller"
		}
		return fmt.Errorf("code %s (%.100s), demanded %s", code, err, demanded)
	}
	return nil
}

// inferGRPC makes the sample request, changed.
func (s *suite) inferGRPC(ctx context.Context, change func(r *oippb.InferRequest)) (*oippb.InferResponse, error) {
	r := s.grpc.request(s, true)
	if change != nil {
		change(r)
	}
	return call[oippb.InferRequest, oippb.InferResponse](ctx, s, inferenceService+"ModelInfer", r)
}

func alikeGRPC(raw bool) func(context.Context, *suite) error {
	return func(ctx context.Context, s *suite) error {
		want, err := s.infer(ctx, s.request(nil))
		if err != nil {
			return err
		}
		r, err := call[oippb.InferRequest, oippb.InferResponse](ctx, s, inferenceService+"ModelInfer", s.grpc.request(s, raw))
		if err != nil {
			return err
		}
		got, err := s.grpc.response(r)
		if err != nil {
			return err
		}
		return same("gRPC's", want, got)
	}
}

// refusesGRPC demands an error of a code for the sample request, changed.
func refusesGRPC(code connect.Code, change func(s *suite, r *oippb.InferRequest)) func(context.Context, *suite) error {
	return func(ctx context.Context, s *suite) error {
		_, err := s.inferGRPC(ctx, func(r *oippb.InferRequest) { change(s, r) })
		return hasCode(err, code)
	}
}

func streams(ctx context.Context, s *suite) error {
	if s.grpc == nil {
		return &inapplicable{"gRPC is not to be asked"}
	}
	client := connect.NewClient[oippb.InferRequest, oippb.StreamResponse](s.grpc.http, s.grpc.url+inferenceService+"ModelStreamInfer", connect.WithGRPC())
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	stream := client.CallBidiStream(ctx)
	if s.Token != "" {
		stream.RequestHeader().Set("Authorization", "Bearer "+s.Token)
	}
	ids := []string{"first", "second", "third"}
	for _, id := range ids {
		r := s.grpc.request(s, true)
		r.Id = id
		if err := stream.Send(r); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	if err := stream.CloseRequest(); err != nil {
		return err
	}
	for _, id := range ids {
		r, err := stream.Receive()
		if connect.CodeOf(err) == connect.CodeUnimplemented && err != nil {
			return &inapplicable{"the server has no ModelStreamInfer, which is an extension of Triton"}
		}
		if err != nil {
			return err
		}
		if r.ErrorMessage == s.Model { // the first field of a ModelInferResponse, as MLServer streams it
			return &inapplicable{"the server's stream is not Triton's"}
		}
		if r.ErrorMessage != "" || r.GetInferResponse().GetId() != id {
			return fmt.Errorf("id %q and error %q, demanded id %q", r.GetInferResponse().GetId(), r.ErrorMessage, id)
		}
	}
	return stream.CloseResponse()
}
