package rest

import (
	"net/http"

	"github.com/mixconv/mixconv/serve/internal/oip"
	"github.com/mixconv/mixconv/serve/internal/repository"
)

type statsJSON struct {
	Models []modelStats `json:"model_stats"`
}

type modelStats struct {
	Name           string              `json:"name"`
	Version        string              `json:"version"`
	LastInference  int64               `json:"last_inference"` // milliseconds since 1970
	InferenceCount uint64              `json:"inference_count"`
	ExecutionCount uint64              `json:"execution_count"`
	Inference      inferenceStats      `json:"inference_stats"`
	Response       map[string]struct{} `json:"response_stats"`
	Batches        []batchStats        `json:"batch_stats"`
	Memory         []struct{}          `json:"memory_usage"`
}

type inferenceStats struct {
	Success       oip.Duration `json:"success"`
	Fail          oip.Duration `json:"fail"`
	Queue         oip.Duration `json:"queue"`
	ComputeInput  oip.Duration `json:"compute_input"`
	ComputeInfer  oip.Duration `json:"compute_infer"`
	ComputeOutput oip.Duration `json:"compute_output"`
	CacheHit      oip.Duration `json:"cache_hit"`
	CacheMiss     oip.Duration `json:"cache_miss"`
}

type batchStats struct {
	Size          int          `json:"batch_size"`
	ComputeInput  oip.Duration `json:"compute_input"`
	ComputeInfer  oip.Duration `json:"compute_infer"`
	ComputeOutput oip.Duration `json:"compute_output"`
}

// statsOf is what a model has counted. There is no cache.
func statsOf(m *repository.Use) modelStats {
	s := m.Stats.Read()
	j := modelStats{
		Name: m.Name, Version: m.Version, InferenceCount: s.Inferences, ExecutionCount: s.Executions,
		Inference: inferenceStats{
			Success: s.Success, Fail: s.Fail, Queue: s.Queue,
			ComputeInput: s.ComputeInput, ComputeInfer: s.ComputeInfer, ComputeOutput: s.ComputeOutput,
		},
		Response: map[string]struct{}{}, Batches: []batchStats{}, Memory: []struct{}{},
	}
	if !s.Last.IsZero() {
		j.LastInference = s.Last.UnixMilli()
	}
	for _, b := range s.Batches {
		j.Batches = append(j.Batches, batchStats(b))
	}
	return j
}

func (h *handler) stats(w http.ResponseWriter, r *http.Request, m *repository.Use) {
	list := []modelStats{}
	if r.PathValue("version") != "" {
		list = append(list, statsOf(m))
	} else {
		list = h.statsOfAll(m.Name)
	}
	writeJSON(w, r, statsJSON{list})
}

func (h *handler) allStats(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, r, statsJSON{h.statsOfAll("")})
}

// statsOfAll is that of all versions of a model, "" for all models.
func (h *handler) statsOfAll(name string) []modelStats {
	list := []modelStats{}
	for _, m := range h.models.Models() {
		if name == "" || m.Name == name {
			list = append(list, statsOf(m))
		}
		m.Release()
	}
	return list
}
