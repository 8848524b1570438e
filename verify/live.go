package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/atomicfile"
	"github.com/mixconv/mixconv/metadata"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/runtime"
	"google.golang.org/protobuf/proto"
)

// The references that Python runs.
const (
	kindORT         = "ort"
	kindTimm        = "timm"
	kindTorchVision = "torchvision"
)

// Live says how a reference is run in Python.
type Live struct {
	Python  string // the interpreter; "": that of MIXCONV_PYTHON, else of .venv in the current folder
	Weights string // file or folder of timm's and torchvision's weights; "": those that the library calls pretrained
	Network string // its name for timm and torchvision; "": what the model's metadata says
	NamedBy string // what Network was taken from, for the report; "": the caller
	Note    string // on the network, for the report
	// Siblings are other networks that the weights fit. The first four are run too, so
	// that the report shows whether the weights could be theirs.
	Siblings []string
	File     string // of the model, for ONNX Runtime; "": the model is written to one
}

// live is a Reference that runs in Python on the same input.
type live struct {
	kind, name, python string
	Live
}

// ORT returns ONNX Runtime as a reference: it runs the very file that the model
// came from.
func ORT(l Live) (Reference, error) { return newLive(kindORT, l) }

// Timm returns timm as a reference: the network of that name in PyTorch with
// the weights given, whose modules' results are compared with the model's
// values of the same names. With Options.Pictures it prepares them by itself.
func Timm(l Live) (Reference, error) { return newLive(kindTimm, l) }

// TorchVision does with torchvision what Timm does with timm.
func TorchVision(l Live) (Reference, error) { return newLive(kindTorchVision, l) }

func newLive(kind string, l Live) (Reference, error) {
	r := &live{kind: kind, name: kind, python: findPython(l.Python), Live: l}
	if l.Weights != "" {
		r.name += ":" + l.Weights
		info, err := os.Stat(l.Weights)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() && !info.Mode().IsRegular() { // a named pipe would wait for a writer
			return nil, errs.InFile(l.Weights, errs.Format("", "neither a regular file nor a folder (%s)", info.Mode().Type()))
		}
	}
	if r.python == "" {
		return nil, noPython(r.name, kind, l.Python)
	}
	return r, nil
}

func (r *live) Name() string                    { return r.name }
func (r *live) recorded() bool                  { return false }
func (r *live) inputs(*subject) runtime.Tensors { return nil }

// request is what the script finds in request.json.
type request struct {
	Kind     string   `json:"kind"`
	Model    string   `json:"model"`    // a file for ONNX Runtime, else a network's name
	Layers   string   `json:"layers"`   // a file with every value as an output, for ONNX Runtime; "" without layers
	Weights  string   `json:"weights"`  // "" for pretrained ones
	Averages bool     `json:"averages"` // moving averages are taken if there are some
	Key      string   `json:"key"`      // of the dictionary that the weights are in; "": any
	Prefix   string   `json:"prefix"`   // of their names; "": any
	Inputs   []string `json:"inputs"`   // names of x0, x1, …
	Names    []string `json:"names"`    // modules whose results are wanted
	Output   string   `json:"output"`   // name for the network's result
	Threads  int      `json:"threads"`
	Pictures []string `json:"pictures"` // files to prepare, in place of the input
}

func (r *live) answer(ctx context.Context, here *subject, in runtime.Tensors, pictures []Picture) (answer, error) {
	a, err := r.ask(ctx, here, here.names(), in, pictures)
	if err != nil {
		return answer{}, err
	}
	a.note = joinNotes(r.otherSource(here), r.Note)
	a.siblings, err = r.siblings(ctx, here, in, pictures)
	return a, err
}

// ask runs the reference once; names are of the values wanted beside its result.
func (r *live) ask(ctx context.Context, here *subject, names []string, in runtime.Tensors, pictures []Picture) (answer, error) {
	folder, err := os.MkdirTemp("", "mixconv-verify-")
	if err != nil {
		return answer{}, err
	}
	defer os.RemoveAll(folder)
	q, err := r.request(here, folder, names, pictures)
	if err != nil {
		return answer{}, err
	}
	if err := q.write(folder, in); err != nil {
		return answer{}, err
	}
	rep, err := runScript(ctx, r.python, folder)
	if err == nil {
		err = r.failure(rep)
	}
	var a answer
	if err == nil {
		a, err = rep.read(filepath.Join(folder, "answer.npz"), here)
	}
	if err != nil {
		return answer{}, notRun(ctx, r.name, err)
	}
	if r.kind != kindORT {
		a.network, a.namedBy = q.Model, r.namedBy()
	}
	return a, nil
}

// write puts the request and its inputs where the script finds them.
func (q *request) write(folder string, in runtime.Tensors) error {
	arrays := runtime.Tensors{}
	for _, name := range slices.Sorted(maps.Keys(in)) {
		arrays[fmt.Sprintf("x%d", len(q.Inputs))] = in[name]
		q.Inputs = append(q.Inputs, name)
	}
	data, err := json.Marshal(q)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "request.json"), data, 0o600)
	}
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(folder, "input.npz"), func(w io.Writer) error { return npy.WriteArchive(w, arrays) })
}

// namedBy says where the network's name comes from.
func (r *live) namedBy() string {
	switch {
	case r.NamedBy != "":
		return r.NamedBy
	case r.Network != "":
		return "the caller"
	}
	return "the model's metadata"
}

func joinNotes(notes ...string) string {
	return strings.Join(slices.DeleteFunc(notes, func(s string) bool { return s == "" }), "; ")
}

// libraryName is what timm or torchvision calls a network. timm has TensorFlow's
// MixNets, such as mixnet-s, with a prefix; torchvision's names have one here,
// which tells them from timm's.
func libraryName(kind, name string) string {
	if kind == kindTorchVision {
		return strings.TrimPrefix(name, "torchvision_")
	}
	if plain := strings.ReplaceAll(name, "-", "_"); strings.HasPrefix(name, "mixnet-") {
		return "tf_" + plain
	}
	return name
}

// otherSource says so if the weights are not the file that the model was
// converted from.
func (r *live) otherSource(here *subject) string {
	source, ok := here.model.Metadata(metadata.SourceSHA256)
	info, err := os.Stat(r.Weights)
	if !ok || err != nil || !info.Mode().IsRegular() || strings.HasSuffix(r.Weights, ".json") { // an index's sum is with its shards
		return ""
	}
	f, err := os.Open(r.Weights)
	if err != nil {
		return ""
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil || hex.EncodeToString(sum.Sum(nil)) == source {
		return ""
	}
	return "the model was converted from another file than these weights, its SHA-256 says"
}

// request says what to run; what ONNX Runtime is to run is written to folder
// where there is no file of it.
func (r *live) request(here *subject, folder string, names []string, pictures []Picture) (request, error) {
	q := request{Kind: r.kind, Weights: r.Weights, Threads: max(1, here.options.Threads), Averages: true, Names: names}
	if r.kind == kindORT {
		return q, r.ortFiles(&q, here, folder)
	}
	if len(here.inputs) != 1 {
		return q, fmt.Errorf("%s: the model has %d inputs, a network of %s has one", errs.Quote(r.name), len(here.inputs), r.kind)
	}
	if averages, ok := here.model.Metadata(metadata.SourceAverages); ok {
		q.Averages = averages == "true"
	}
	if q.Weights != "" {
		q.Key, _ = here.model.Metadata(metadata.SourceKey)
		q.Prefix, _ = here.model.Metadata(metadata.SourcePrefix)
	}
	q.Model = r.Network
	if q.Model == "" {
		q.Model, _ = here.model.Metadata(metadata.Network)
	}
	q.Model = libraryName(r.kind, q.Model)
	if q.Model == "" {
		return q, fmt.Errorf("%s: the model does not say which network it is (%s in its metadata): name it", errs.Quote(r.name), metadata.Network)
	}
	q.Output = "logits"
	if outputs := here.session.Outputs(); len(outputs) == 1 {
		q.Output = outputs[0].Name
	}
	for _, p := range pictures {
		q.Pictures = append(q.Pictures, p.Path)
	}
	return q, nil
}

// ortFiles names the file of the model and, for layers, writes one in which
// every value of the main graph is an output.
func (r *live) ortFiles(q *request, here *subject, folder string) error {
	q.Model = r.File
	if q.Model == "" {
		var err error
		if q.Model, err = writeModel(here.model, folder); err != nil {
			return err
		}
	}
	if here.layers == nil {
		return nil
	}
	if err := here.model.EmbedData(); err != nil {
		return err
	}
	q.Layers = filepath.Join(folder, "layers.onnx")
	m := onnx.New(proto.CloneOf(here.model.Proto))
	outputs := here.session.Outputs()
	for _, name := range q.Names {
		if !slices.ContainsFunc(outputs, func(v runtime.Value) bool { return v.Name == name }) {
			m.Proto.Graph.Output = append(m.Proto.Graph.Output, &onnxpb.ValueInfoProto{Name: proto.String(name)})
		}
	}
	return m.WriteFile(q.Layers)
}

// writeModel writes m, whole, to a file in folder.
func writeModel(m *onnx.Model, folder string) (path string, err error) {
	if err := m.EmbedData(); err != nil {
		return "", err
	}
	path = filepath.Join(folder, "model.onnx")
	return path, m.WriteFile(path)
}

// failure is the error that the script reports.
func (r *live) failure(rep reply) error {
	switch {
	case rep.Missing != "":
		name, _, _ := strings.Cut(rep.Missing, ".")
		return &UnavailableError{r.name, fmt.Sprintf("Python has no package %s: %s -m pip install %s", errs.Quote(name), r.python, packages[r.kind])}
	case rep.Unavailable != "":
		return &UnavailableError{r.name, rep.Unavailable}
	case rep.Error != "":
		return &UnavailableError{r.name, rep.Error}
	}
	return nil
}

// read takes the arrays that the reply names.
func (rep reply) read(path string, here *subject) (answer, error) {
	arrays, err := npy.ReadArchive(path, here.options.Limits)
	if err != nil {
		return answer{}, err
	}
	a := answer{values: &values{tensors: rep.values(arrays)}}
	for p, names := range rep.Stages {
		var steps preprocess.Stages
		for s, name := range names {
			if t := arrays[fmt.Sprintf("p%d.s%d", p, s)]; t != nil {
				steps = append(steps, preprocess.Stage{Name: name, Value: t})
			}
		}
		a.stages = append(a.stages, steps)
	}
	return a, nil
}

// values are the arrays by the names that the reply has for them.
func (rep reply) values(arrays runtime.Tensors) runtime.Tensors {
	values := runtime.Tensors{}
	for i, name := range rep.Names {
		if t := arrays[fmt.Sprintf("v%d", i)]; t != nil {
			values[name] = t
		}
	}
	return values
}
