package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/metadata"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/runtime"
)

// modelFile is what inspect prints of an ONNX model.
type modelFile struct {
	File          string            `json:"file"`
	Format        string            `json:"format"`
	Producer      string            `json:"producer"`
	IRVersion     int64             `json:"ir_version"`
	Opsets        map[string]int64  `json:"opsets"`         // by domain, "" is ai.onnx
	Params        int64             `json:"params"`         // stored float weights
	TrainedParams *int64            `json:"trained_params"` // null if the file does not say
	MACs          *int64            `json:"macs"`           // for one picture; null if the image size is open
	Inputs        []array           `json:"inputs"`
	Outputs       []array           `json:"outputs"`
	Defaults      []array           `json:"defaults"` // inputs that an initializer gives a value
	Ops           map[string]int    `json:"ops"`
	Unsupported   []unsupported     `json:"unsupported"`
	MDConv        int               `json:"mdconv"` // fused nodes
	Metadata      map[string]string `json:"metadata"`
	*layered                        // nil without --layers and --html
	names         []string          // operators in order
}

type unsupported struct {
	Node    string `json:"node"`
	Op      string `json:"op"`
	Version int    `json:"version"`
	Reason  string `json:"reason"`
}

func (a *app) inspectModel(ctx context.Context, path string, o inspection) error {
	m, err := a.readModel(path)
	if err != nil {
		return err
	}
	f, err := describeModel(ctx, path, m)
	if err != nil {
		return err
	}
	if o.layers || o.html != "" {
		if f.layered, err = a.describeLayers(ctx, m, &o.sample); err != nil {
			return err
		}
	}
	if o.html != "" {
		if err := a.writePage(ctx, o.html, "mixconv inspect "+path, f.writeGraph); err != nil {
			return err
		}
		if !o.layers {
			f.layered = nil
		}
	}
	return a.print(f, f.text)
}

func describeModel(ctx context.Context, path string, m *onnx.Model) (*modelFile, error) {
	if err := checked(m); err != nil {
		return nil, err
	}
	s, err := runtime.Survey(m, runtime.Options{Context: ctx})
	if err != nil {
		return nil, err
	}
	f := &modelFile{
		File: path, Format: "onnx", Producer: m.Proto.GetProducerName(), IRVersion: m.Proto.GetIrVersion(),
		Opsets: map[string]int64{}, Params: s.Params, MACs: positive(s.MACs),
		Inputs: describeValues(s.Inputs), Outputs: describeValues(s.Outputs), Defaults: describeValues(s.Defaults),
		Ops: s.Ops, Unsupported: []unsupported{}, MDConv: s.MDConv, Metadata: map[string]string{}, names: s.OpNames(),
	}
	for _, o := range m.Proto.GetOpsetImport() {
		f.Opsets[o.GetDomain()] = o.GetVersion()
	}
	for _, p := range m.Proto.GetMetadataProps() {
		f.Metadata[p.GetKey()] = p.GetValue()
	}
	for _, u := range s.Unsupported {
		f.Unsupported = append(f.Unsupported, unsupported{u.Node, u.Op, u.Version, u.Reason})
	}
	f.TrainedParams = trainedParams(m)
	return f, nil
}

// trainedParams is what the model says of it, nil if it does not.
func trainedParams(m *onnx.Model) *int64 {
	text, _ := m.Metadata(metadata.TrainedParams)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

func describeValues(values []runtime.Value) []array {
	list := []array{}
	for _, v := range values {
		list = append(list, array{v.Name, v.DType.String(), dims(v.Shape)})
	}
	return list
}

func (f *modelFile) text(w io.Writer) {
	fmt.Fprintf(w, "%s: ONNX, IR %d, producer %s\n", errs.Quote(f.File), f.IRVersion, errs.Quote(f.Producer))
	fmt.Fprintln(w, "inputs")
	writeArrays(w, f.Inputs)
	if len(f.Defaults) > 0 {
		const most = 8 // of what may be all weights
		fmt.Fprintln(w, "inputs that have a default")
		writeArrays(w, f.Defaults[:min(most, len(f.Defaults))])
		if more := len(f.Defaults) - most; more > 0 {
			fmt.Fprintf(w, "  and %d more\n", more)
		}
	}
	fmt.Fprintln(w, "outputs")
	writeArrays(w, f.Outputs)
	if network := f.Metadata[metadata.Network]; network != "" {
		fmt.Fprintf(w, "network         %s\n", errs.Quote(network))
	}
	fmt.Fprintf(w, "parameters      %s\n", thousands(f.Params))
	if f.TrainedParams != nil {
		fmt.Fprintf(w, "trained         %s\n", thousands(*f.TrainedParams))
	}
	if f.MACs == nil {
		fmt.Fprintln(w, "multiply-adds   not known")
	} else {
		fmt.Fprintf(w, "multiply-adds   %s a picture\n", thousands(*f.MACs))
	}
	fmt.Fprintf(w, "fused MDConv    %d\n", f.MDConv)
	var ops []string
	for _, name := range f.names {
		ops = append(ops, fmt.Sprintf("%s %d", errs.Quote(name), f.Ops[name]))
	}
	fmt.Fprintf(w, "operators       %s\n", strings.Join(ops, ", "))
	for _, u := range f.Unsupported {
		fmt.Fprintf(w, "unsupported     %s\n", errs.Unsupported{Node: u.Node, Op: u.Op, Version: u.Version, Reason: u.Reason})
	}
	if f.layered != nil {
		fmt.Fprintln(w)
		f.layered.text(w)
	}
}
