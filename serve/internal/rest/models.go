package rest

import (
	"net/http"
	"strings"

	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/serve/internal/model"
	"github.com/mixconv/mixconv/serve/internal/oip"
	"github.com/mixconv/mixconv/serve/internal/repository"
	"github.com/mixconv/mixconv/tensor"
)

func (h *handler) server(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, r, struct {
		Name       string   `json:"name"`
		Version    string   `json:"version"`
		Extensions []string `json:"extensions"`
	}{oip.ServerName, h.Version, oip.Extensions})
}

// health says both in one object: the protocol's text has the names mixed up.
type health struct {
	Live  bool   `json:"live"`
	Ready *bool  `json:"ready,omitempty"`
	Name  string `json:"name,omitempty"`
}

func (h *handler) live(w http.ResponseWriter, r *http.Request) { writeJSON(w, r, health{Live: true}) }

func (h *handler) ready(w http.ResponseWriter, r *http.Request) {
	if !h.Ready() {
		writeError(w, r, oip.Errorf(oip.Unavailable, "the server is not ready"))
		return
	}
	yes := true
	writeJSON(w, r, health{Live: true, Ready: &yes})
}

func (h *handler) modelReady(w http.ResponseWriter, r *http.Request) {
	m, err := h.models.Get(r.PathValue("model"), r.PathValue("version"))
	if err != nil {
		writeError(w, r, err)
		return
	}
	defer m.Release()
	writeJSON(w, r, struct {
		Name  string `json:"name"`
		Ready bool   `json:"ready"`
	}{m.Name, true})
}

func (h *handler) list(w http.ResponseWriter, r *http.Request) {
	names := []string{}
	for _, s := range h.models.Index(true) {
		if len(names) == 0 || names[len(names)-1] != s.Name {
			names = append(names, s.Name)
		}
	}
	writeJSON(w, r, struct {
		Models []string `json:"models"`
	}{names})
}

type tensorJSON struct {
	Name     string `json:"name"`
	Datatype string `json:"datatype"`
	Shape    []int  `json:"shape"`
}

func (h *handler) metadata(w http.ResponseWriter, r *http.Request, m *repository.Use) {
	writeJSON(w, r, struct {
		Name     string       `json:"name"`
		Versions []string     `json:"versions"`
		Platform string       `json:"platform"`
		Inputs   []tensorJSON `json:"inputs"`
		Outputs  []tensorJSON `json:"outputs"`
	}{m.Name, h.models.Versions(m.Name), oip.Platform, describe(m.Inputs), describe(m.Outputs)})
}

func describe(values []runtime.Value) []tensorJSON {
	list := make([]tensorJSON, len(values))
	for i, v := range values {
		list[i] = tensorJSON{v.Name, oip.Datatype(v.DType), append([]int{}, v.Shape...)}
	}
	return list
}

// configJSON is Triton's ModelConfig, as far as clients read it.
type configJSON struct {
	Name            string            `json:"name"`
	Platform        string            `json:"platform"`
	Backend         string            `json:"backend"`
	VersionPolicy   map[string]any    `json:"version_policy"`
	MaxBatchSize    int               `json:"max_batch_size"`
	Input           []inputConfig     `json:"input"`
	Output          []outputConfig    `json:"output"`
	DynamicBatching *dynamicBatching  `json:"dynamic_batching,omitempty"`
	Decoupled       map[string]bool   `json:"model_transaction_policy"`
	Parameters      map[string]string `json:"parameters"`
}

type inputConfig struct {
	Name     string `json:"name"`
	DataType string `json:"data_type"`
	Format   string `json:"format"`
	Dims     []int  `json:"dims"`
	Optional bool   `json:"optional"`
}

type outputConfig struct {
	Name     string `json:"name"`
	DataType string `json:"data_type"`
	Dims     []int  `json:"dims"`
	Labels   string `json:"label_filename"`
}

type dynamicBatching struct {
	Preferred []int `json:"preferred_batch_size"`
	Delay     int64 `json:"max_queue_delay_microseconds"`
}

func (h *handler) config(w http.ResponseWriter, r *http.Request, m *repository.Use) {
	c := configJSON{
		Name: m.Name, Platform: oip.Platform, Backend: oip.ServerName, MaxBatchSize: m.MaxBatch,
		VersionPolicy: map[string]any{"all": struct{}{}}, Decoupled: map[string]bool{"decoupled": false}, Parameters: map[string]string{},
		Input: []inputConfig{}, Output: []outputConfig{},
	}
	for _, v := range m.Inputs {
		c.Input = append(c.Input, inputConfig{Name: v.Name, DataType: configType(v), Format: "FORMAT_NONE", Dims: configDims(m.Model, v)})
	}
	for _, v := range m.Outputs {
		c.Output = append(c.Output, outputConfig{Name: v.Name, DataType: configType(v), Dims: configDims(m.Model, v)})
	}
	if m.MaxBatch > 0 {
		c.DynamicBatching = &dynamicBatching{m.Preferred, m.MaxDelay.Microseconds()}
	}
	writeJSON(w, r, c)
}

// configType is an element type as a configuration says it.
func configType(v runtime.Value) string {
	if v.DType == tensor.String {
		return "TYPE_STRING"
	}
	return "TYPE_" + oip.Datatype(v.DType)
}

// configDims are v's dimensions, without the batch's where max_batch_size says it.
func configDims(m *model.Model, v runtime.Value) []int {
	dims := append([]int{}, v.Shape...)
	if m.MaxBatch > 0 {
		dims = dims[1:]
	}
	return dims
}

func (h *handler) index(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Ready bool `json:"ready"`
	}
	if err := h.readJSON(r, &q); err != nil {
		h.refuse(w, r, err)
		return
	}
	type row struct {
		Name    string `json:"name"`
		Version string `json:"version"`
		State   string `json:"state"`
		Reason  string `json:"reason"`
	}
	list := []row{}
	for _, s := range h.models.Index(q.Ready) {
		list = append(list, row(s))
	}
	writeJSON(w, r, list)
}

func (h *handler) load(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Parameters map[string]any `json:"parameters"`
	}
	if err := h.readJSON(r, &q); err != nil {
		h.refuse(w, r, err)
		return
	}
	for name := range q.Parameters {
		if name == "config" || strings.HasPrefix(name, "file:") {
			writeError(w, r, oip.Errorf(oip.Unimplemented, "models and their configuration come from files, not from a request"))
			return
		}
	}
	if err := h.models.Load(r.Context(), r.PathValue("model")); err != nil {
		writeError(w, r, err)
		return
	}
	writeJSON(w, r, struct{}{})
}

func (h *handler) unload(w http.ResponseWriter, r *http.Request) {
	if err := h.readJSON(r, &struct{}{}); err != nil {
		h.refuse(w, r, err)
		return
	}
	if err := h.models.Unload(r.PathValue("model")); err != nil {
		writeError(w, r, err)
		return
	}
	writeJSON(w, r, struct{}{})
}
