package rpc

import (
	"context"
	"strings"

	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/serve/internal/oip"
	"github.com/mixconv/mixconv/serve/internal/oippb"
	"github.com/mixconv/mixconv/tensor"
)

func (s *service) live(context.Context, *oippb.Nothing) (*oippb.Live, error) {
	return &oippb.Live{Live: true}, nil
}

func (s *service) ready(context.Context, *oippb.Nothing) (*oippb.Ready, error) {
	return &oippb.Ready{Ready: s.Ready()}, nil
}

func (s *service) modelReady(_ context.Context, q *oippb.Version) (*oippb.Ready, error) {
	m, err := s.models.Get(q.Name, q.Version)
	if err != nil {
		return &oippb.Ready{}, nil
	}
	defer m.Release()
	return &oippb.Ready{Ready: true}, nil
}

func (s *service) metadata(context.Context, *oippb.Nothing) (*oippb.ServerMetadata, error) {
	return &oippb.ServerMetadata{Name: oip.ServerName, Version: s.Version, Extensions: oip.Extensions}, nil
}

func (s *service) modelMetadata(_ context.Context, q *oippb.Version) (*oippb.ModelMetadata, error) {
	m, err := s.models.Get(q.Name, q.Version)
	if err != nil {
		return nil, asError(err)
	}
	defer m.Release()
	return &oippb.ModelMetadata{
		Name: m.Name, Versions: s.models.Versions(m.Name), Platform: oip.Platform, Inputs: describe(m.Inputs), Outputs: describe(m.Outputs),
	}, nil
}

func describe(values []runtime.Value) (list []*oippb.TensorMetadata) {
	for _, v := range values {
		list = append(list, &oippb.TensorMetadata{Name: v.Name, Datatype: oip.Datatype(v.DType), Shape: dims(v.Shape)})
	}
	return list
}

func dims(shape tensor.Shape) (list []int64) {
	for _, n := range shape {
		list = append(list, int64(n))
	}
	return list
}

func (s *service) config(_ context.Context, q *oippb.Version) (*oippb.ConfigResponse, error) {
	m, err := s.models.Get(q.Name, q.Version)
	if err != nil {
		return nil, asError(err)
	}
	defer m.Release()
	c := &oippb.Config{
		Name: m.Name, Platform: oip.Platform, Backend: oip.ServerName, MaxBatchSize: int32(m.MaxBatch),
		VersionPolicy: &oippb.VersionPolicy{All: &oippb.VersionPolicy_All{}}, ModelTransactionPolicy: &oippb.TransactionPolicy{},
	}
	own := 0 // the first dimension that a configuration lists
	if m.MaxBatch > 0 {
		own = 1
		c.DynamicBatching = &oippb.DynamicBatching{MaxQueueDelayMicroseconds: uint64(m.MaxDelay.Microseconds())}
		for _, n := range m.Preferred {
			c.DynamicBatching.PreferredBatchSize = append(c.DynamicBatching.PreferredBatchSize, int32(n))
		}
	}
	for _, v := range m.Inputs {
		c.Input = append(c.Input, &oippb.ConfigInput{Name: v.Name, DataType: configType(v), Dims: dims(v.Shape)[own:]})
	}
	for _, v := range m.Outputs {
		c.Output = append(c.Output, &oippb.ConfigOutput{Name: v.Name, DataType: configType(v), Dims: dims(v.Shape)[own:]})
	}
	return &oippb.ConfigResponse{Config: c}, nil
}

func configType(v runtime.Value) oippb.DataType {
	if v.DType == tensor.String {
		return oippb.DataType_TYPE_STRING
	}
	return oippb.DataType(oippb.DataType_value["TYPE_"+oip.Datatype(v.DType)])
}

func (s *service) statistics(_ context.Context, q *oippb.Version) (*oippb.StatisticsResponse, error) {
	if q.Name != "" {
		m, err := s.models.Get(q.Name, q.Version)
		if err != nil {
			return nil, asError(err)
		}
		m.Release()
	}
	r := &oippb.StatisticsResponse{}
	for _, m := range s.models.Models() {
		if (q.Name == "" || q.Name == m.Name) && (q.Version == "" || q.Version == m.Version) {
			r.ModelStats = append(r.ModelStats, statisticsOf(m.Name, m.Version, m.Stats.Read()))
		}
		m.Release()
	}
	return r, nil
}

func statisticsOf(name, version string, s oip.Statistics) *oippb.ModelStatistics {
	d := func(d oip.Duration) *oippb.Duration { return &oippb.Duration{Count: d.Count, Ns: d.NS} }
	m := &oippb.ModelStatistics{
		Name: name, Version: version, InferenceCount: s.Inferences, ExecutionCount: s.Executions,
		InferenceStats: &oippb.InferStatistics{
			Success: d(s.Success), Fail: d(s.Fail), Queue: d(s.Queue),
			ComputeInput: d(s.ComputeInput), ComputeInfer: d(s.ComputeInfer), ComputeOutput: d(s.ComputeOutput),
			CacheHit: &oippb.Duration{}, CacheMiss: &oippb.Duration{},
		},
	}
	if !s.Last.IsZero() {
		m.LastInference = uint64(s.Last.UnixMilli())
	}
	for _, b := range s.Batches {
		m.BatchStats = append(m.BatchStats, &oippb.BatchStatistics{
			BatchSize: uint64(b.Size), ComputeInput: d(b.ComputeInput), ComputeInfer: d(b.ComputeInfer), ComputeOutput: d(b.ComputeOutput),
		})
	}
	return m
}

func (s *service) index(_ context.Context, q *oippb.IndexRequest) (*oippb.IndexResponse, error) {
	r := &oippb.IndexResponse{}
	for _, m := range s.models.Index(q.Ready) {
		r.Models = append(r.Models, &oippb.IndexEntry{Name: m.Name, Version: m.Version, State: m.State, Reason: m.Reason})
	}
	return r, nil
}

func (s *service) load(ctx context.Context, q *oippb.RepositoryRequest) (*oippb.Nothing, error) {
	for name := range q.Parameters {
		if name == "config" || strings.HasPrefix(name, "file:") {
			return nil, asError(oip.Errorf(oip.Unimplemented, "models and their configuration come from files, not from a request"))
		}
	}
	return &oippb.Nothing{}, asError(s.models.Load(ctx, q.ModelName))
}

func (s *service) unload(_ context.Context, q *oippb.RepositoryRequest) (*oippb.Nothing, error) {
	return &oippb.Nothing{}, asError(s.models.Unload(q.ModelName))
}
