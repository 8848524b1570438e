package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/torch"
	"github.com/mixconv/mixconv/metadata"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/verify"
)

// nameNetwork says which network a library is to build as a reference. A name
// that the model was converted under proves nothing about it where others have
// the same tensors: what the weights say of themselves comes before it.
func nameNetwork(live *verify.Live, kind string, m *onnx.Model) {
	name := live.Network
	live.NamedBy = "--model"
	if name == "" {
		name, _ = m.Metadata(metadata.Network)
		live.NamedBy = "the model's metadata"
	}
	name = ofLibrary(kind, name)
	if w := readNames(live.Weights, m); w != nil {
		said := ofLibrary(kind, w.Said)
		switch {
		case w.Said == "" && name == "" && len(w.Fits) == 1:
			name, live.NamedBy = ofLibrary(kind, w.Fits[0]), "the weights' tensors"
		case w.Said == "":
			live.Siblings = otherFits(kind, name, w.Fits)
			if len(live.Siblings) > 0 {
				live.Note = fmt.Sprintf("the weights fit %s too, which computes otherwise, and do not say which they are", strings.Join(live.Siblings, ", "))
			}
		case live.Network == "" && said != name:
			if name != "" {
				live.Note = fmt.Sprintf("the model was converted as %s, but the weights are %s, as their %s says", name, said, w.SaidAt)
			}
			name, live.NamedBy = said, "the weights: "+w.SaidAt
		case said != name:
			live.Note = fmt.Sprintf("the weights are %s, as their %s says, but --model says otherwise", said, w.SaidAt)
		}
	}
	live.Network = name
}

// readNames reads what weights say of themselves; nil if there are none, or
// they cannot be read: that is said where the library reads them.
func readNames(weights string, m *onnx.Model) *torch.Checkpoint {
	if weights == "" {
		return nil
	}
	o := convert.Options{}
	if averages, _ := m.Metadata(metadata.SourceAverages); averages == "false" {
		o.EMA = "off"
	}
	o.Key, _ = m.Metadata(metadata.SourceKey)
	o.Prefix, _ = m.Metadata(metadata.SourcePrefix)
	c, err := torch.Read(weights, o)
	if err != nil {
		c, err = torch.Read(weights, convert.Options{})
	}
	if err != nil {
		return nil
	}
	return c
}

// ofLibrary is what a library calls the network that a name means, which may be
// in another spelling; the name itself if it is none that is known here.
func ofLibrary(kind, name string) string {
	networks, err := convert.NamedTorch(name)
	if err != nil {
		return name
	}
	i := slices.IndexFunc(networks, func(n convert.Network) bool {
		return strings.HasPrefix(n.Name, "torchvision_") == (kind == "torchvision") && n.Naming != convert.LukeMelas
	})
	return networks[max(0, i)].Name
}

// otherFits lists the library's other networks that the weights may be of; none if
// they do not fit the named one either.
func otherFits(kind, name string, fits []string) []string {
	if !slices.Contains(fits, name) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(fits), func(other string) bool { return other == name || ofLibrary(kind, other) != other })
}
