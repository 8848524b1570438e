package conformance

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"connectrpc.com/connect"
	"github.com/mixconv/mixconv/serve/internal/oippb"
)

// The services that are called.
const (
	inferenceService = "/inference.GRPCInferenceService/"
	healthService    = "/grpc.health.v1.Health/"
)

// grpcClient calls a server by gRPC, over HTTP/2 with or without TLS.
type grpcClient struct {
	http *http.Client
	url  string
	auth connect.Interceptor
}

func newGRPC(url, token string, timeout time.Duration) *grpcClient {
	var protocols http.Protocols
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	c := &grpcClient{http: &http.Client{Timeout: timeout, Transport: &http.Transport{Protocols: &protocols}}, url: strings.TrimSuffix(url, "/")}
	c.auth = connect.UnaryInterceptorFunc(func(next connect.UnaryFunc) connect.UnaryFunc {
		return func(ctx context.Context, r connect.AnyRequest) (connect.AnyResponse, error) {
			if token != "" {
				r.Header().Set("Authorization", "Bearer "+token)
			}
			return next(ctx, r)
		}
	})
	return c
}

// call makes one call.
func call[Q, R any](ctx context.Context, s *suite, path string, request *Q) (*R, error) {
	if s.grpc == nil {
		return nil, &inapplicable{"gRPC is not to be asked"}
	}
	client := connect.NewClient[Q, R](s.grpc.http, s.grpc.url+path, connect.WithGRPC(), connect.WithInterceptors(s.grpc.auth), connect.WithReadMaxBytes(maxAnswer))
	response, err := client.CallUnary(ctx, connect.NewRequest(request))
	if err != nil {
		return nil, err
	}
	return response.Msg, nil
}

// request is an inference request with the sample inputs, raw or in the fields of their types.
func (c *grpcClient) request(s *suite, raw bool) *oippb.InferRequest {
	r := &oippb.InferRequest{ModelName: s.Model}
	for _, t := range s.inputs {
		in := &oippb.Tensor{Name: t.Name, Datatype: t.Datatype, Shape: t.Shape}
		if raw {
			r.RawInputContents = append(r.RawInputContents, t.raw())
		} else {
			in.Contents = contents(t)
		}
		r.Inputs = append(r.Inputs, in)
	}
	return r
}

// contents are the elements in the field that their type has.
func contents(t input) *oippb.Contents {
	c := new(oippb.Contents)
	if list, ok := t.Data.([]bool); ok {
		c.BoolContents = list
		return c
	}
	for i, v := range t.Data.([]float64) {
		n := i % 5 // of integers, which sample made so
		switch t.Datatype {
		case "FP32":
			c.Fp32Contents = append(c.Fp32Contents, float32(v))
		case "FP64":
			c.Fp64Contents = append(c.Fp64Contents, v)
		case "INT64":
			c.Int64Contents = append(c.Int64Contents, int64(n))
		case "UINT64":
			c.Uint64Contents = append(c.Uint64Contents, uint64(n))
		case "INT8", "INT16", "INT32":
			c.IntContents = append(c.IntContents, int32(n))
		default:
			c.UintContents = append(c.UintContents, uint32(n))
		}
	}
	return c
}

// response is an answer as REST has it, for comparison.
func (c *grpcClient) response(r *oippb.InferResponse) (*response, error) {
	got := &response{ModelName: r.ModelName, ID: &r.Id}
	for i, o := range r.Outputs {
		out := output{Name: o.Name, Shape: o.Shape, Datatype: o.Datatype}
		switch {
		case len(r.RawOutputContents) == len(r.Outputs):
			out.raw = r.RawOutputContents[i]
		case len(r.RawOutputContents) > 0:
			return nil, fmt.Errorf("%d raw_output_contents of %d outputs", len(r.RawOutputContents), len(r.Outputs))
		default:
			out.Data = encode(numbersOf(o.Contents))
		}
		got.Outputs = append(got.Outputs, out)
	}
	return got, nil
}

// numbersOf is whichever of the fields has elements.
func numbersOf(c *oippb.Contents) any {
	switch {
	case len(c.GetFp32Contents()) > 0:
		return c.GetFp32Contents()
	case len(c.GetFp64Contents()) > 0:
		return c.GetFp64Contents()
	case len(c.GetInt64Contents()) > 0:
		return c.GetInt64Contents()
	case len(c.GetIntContents()) > 0:
		return c.GetIntContents()
	case len(c.GetUint64Contents()) > 0:
		return c.GetUint64Contents()
	case len(c.GetUintContents()) > 0:
		return c.GetUintContents()
	}
	return c.GetBoolContents()
}
