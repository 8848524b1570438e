package observe

import (
	"net/http"
	"time"

	"github.com/mixconv/mixconv/serve/internal/oip"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are what Prometheus reads.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	active   prometheus.Gauge
}

// ModelState is what a model counts.
type ModelState struct {
	Name, Version string
	Waiting       int
	Refused       uint64
	oip.Statistics
}

// Sources are where figures come from that are read when they are asked for.
type Sources struct {
	Models      func() []ModelState
	Memory      func() int64 // held by requests' bodies
	Connections func() int64
	Ready       func() bool
}

// NewMetrics makes the figures of one server.
func NewMetrics(s Sources) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "mixconv_requests_total", Help: "Requests answered, by wire, kind and HTTP's or gRPC's code."}, []string{"wire", "kind", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "mixconv_request_seconds", Help: "Time from a request's headers to the end of its answer.",
			Buckets: []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30},
		}, []string{"wire", "kind"}),
		active: prometheus.NewGauge(prometheus.GaugeOpts{Name: "mixconv_requests_active", Help: "Requests being answered."}),
	}
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	m.registry.MustRegister(
		m.requests, m.seconds, m.active, models{s.Models},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		gauge("mixconv_body_bytes", "Bytes of requests' bodies that are held.", func() float64 { return float64(s.Memory()) }),
		gauge("mixconv_connections", "Open connections.", func() float64 { return float64(s.Connections()) }),
		gauge("mixconv_ready", "1 if all models are loaded and the server does not stop.", func() float64 {
			if s.Ready() {
				return 1
			}
			return 0
		}),
	)
	return m
}

// ServeHTTP answers Prometheus.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

func (m *Metrics) begin() { m.active.Inc() }

func (m *Metrics) end(wire, kind, code string, took time.Duration) {
	m.active.Dec()
	m.requests.WithLabelValues(wire, kind, code).Inc()
	m.seconds.WithLabelValues(wire, kind).Observe(took.Seconds())
}

// models collects what models have counted.
type models struct{ read func() []ModelState }

func modelDesc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, append([]string{"model", "version"}, labels...), nil)
}

var (
	inferences = modelDesc("mixconv_inferences_total", "Pictures, or other entries of a batch, that were answered.")
	executions = modelDesc("mixconv_executions_total", "Runs of the model.")
	outcomes   = modelDesc("mixconv_inference_requests_total", "Requests by outcome: success, fail, and of those refused because too many waited.", "outcome")
	spent      = modelDesc("mixconv_inference_seconds_total", "Time of answered requests by stage: queue, input, infer, output.", "stage")
	batches    = modelDesc("mixconv_batches_total", "Runs by how many entries their batch had.", "size")
	waiting    = modelDesc("mixconv_queue_requests", "Requests that wait.")
)

// Describe sends nothing: labels come and go with models.
func (models) Describe(chan<- *prometheus.Desc) {}

// Collect sends the figures of all models.
func (c models) Collect(out chan<- prometheus.Metric) {
	for _, m := range c.read() {
		send := func(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
			out <- prometheus.MustNewConstMetric(d, kind, value, append([]string{m.Name, m.Version}, labels...)...)
		}
		count := func(d *prometheus.Desc, value uint64, labels ...string) {
			send(d, prometheus.CounterValue, float64(value), labels...)
		}
		count(inferences, m.Inferences)
		count(executions, m.Executions)
		count(outcomes, m.Success.Count, "success")
		count(outcomes, m.Fail.Count, "fail")
		count(outcomes, m.Refused, "refused")
		for _, stage := range []struct {
			name string
			ns   uint64
		}{{"queue", m.Queue.NS}, {"input", m.ComputeInput.NS}, {"infer", m.ComputeInfer.NS}, {"output", m.ComputeOutput.NS}} {
			send(spent, prometheus.CounterValue, float64(stage.ns)/1e9, stage.name)
		}
		sizes := map[string]uint64{}
		for _, b := range m.Batches {
			sizes[sizeLabel(b.Size)] += b.ComputeInfer.Count
		}
		for label, runs := range sizes {
			count(batches, runs, label)
		}
		send(waiting, prometheus.GaugeValue, float64(m.Waiting))
	}
}

// sizeLabel puts a batch's size in one of a few: callers choose sizes.
func sizeLabel(size int) string {
	for _, most := range []struct {
		size int
		name string
	}{{1, "1"}, {2, "2"}, {4, "3-4"}, {8, "5-8"}, {16, "9-16"}, {32, "17-32"}, {64, "33-64"}} {
		if size <= most.size {
			return most.name
		}
	}
	return "65+"
}
