package main

import (
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/metadata"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/mdconv"
)

// conversionsLike are the options to try for a conversion that makes what m is: first
// with the network, the averages and the dictionary that m's metadata name, then with what
// the weights say themselves. A nil m says nothing.
func conversionsLike(m *onnx.Model) []convert.Options {
	o := convert.Options{}
	if m == nil {
		return []convert.Options{o}
	}
	for _, n := range m.Proto.GetGraph().GetNode() {
		if n.GetDomain() == mdconv.Domain {
			o.MDConv = convert.Fused
		}
	}
	o.KeepBN = keepsBN(m)
	if opset, ok := m.Opset(""); ok {
		o.Opset = int(min(max(opset, convert.MinOpset), convert.MaxOpset))
	}
	o.Batch, o.ImageSize = pictureSizes(m)
	said := o
	said.Model, _ = m.Metadata(metadata.Network)
	said.Key, _ = m.Metadata(metadata.SourceKey)
	said.Prefix, _ = m.Metadata(metadata.SourcePrefix)
	switch averages, _ := m.Metadata(metadata.SourceAverages); averages {
	case "true":
		said.EMA = "on"
	case "false":
		said.EMA = "off"
	}
	outputs := m.Proto.GetGraph().GetOutput()
	said.Features = said.Model != "" && len(outputs) > 1
	return []convert.Options{said, o}
}

// keepsBN reports whether a batch norm stands behind a convolution. Exporters that fold
// batch norms may leave those behind a Concat.
func keepsBN(m *onnx.Model) bool {
	convolved := map[string]bool{}
	for _, n := range m.Proto.GetGraph().GetNode() {
		switch n.GetOpType() {
		case "Conv":
			for _, out := range n.GetOutput() {
				convolved[out] = true
			}
		case "BatchNormalization":
			if len(n.GetInput()) > 0 && convolved[n.GetInput()[0]] {
				return true
			}
		}
	}
	return false
}

// pictureSizes are how many pictures the first input takes, and their height and width,
// where it is [N,3,S,S] or [N,S,S,3]; else 0.
func pictureSizes(m *onnx.Model) (batch, size int) {
	for _, v := range m.Proto.GetGraph().GetInput() {
		dims := v.GetType().GetTensorType().GetShape().GetDim()
		if len(dims) != 4 {
			continue
		}
		of := func(i int) int {
			if n := dims[i].GetDimValue(); n > 0 && n <= 1<<20 {
				return int(n)
			}
			return convert.Dynamic
		}
		switch {
		case of(1) == 3 && of(2) == of(3):
			return of(0), of(2)
		case of(3) == 3 && of(1) == of(2):
			return of(0), of(1)
		}
	}
	return 0, 0
}

// saysToo lets a converted model say of its pictures and classes what like says and the
// weights' files do not: it was told by flags.
func saysToo(converted, like *onnx.Model) {
	for _, key := range append([]string{metadata.Labels}, metadata.Preprocess...) {
		value, told := like.Metadata(key)
		if _, known := converted.Metadata(key); told && !known {
			converted.SetMetadata(key, value)
		}
	}
}
