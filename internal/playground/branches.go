package playground

import (
	"fmt"
	"math"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/mdconv"
	"github.com/mixconv/mixconv/tensor"
)

// mixed is a mixed depthwise convolution: its output, and the channels of each kernel
// size there.
type mixed struct {
	name, output string
	kernels      []kernel
}

type kernel struct{ height, width, channels int }

// findMixed lists the MDConv nodes of a model in fused form.
func findMixed(m *onnx.Model) ([]mixed, error) {
	g := m.Proto.GetGraph()
	shapes := map[string][]int64{}
	for _, t := range g.GetInitializer() {
		shapes[t.GetName()] = t.GetDims()
	}
	var list []mixed
	for _, n := range g.GetNode() {
		var groups int
		if n.GetDomain() != mdconv.Domain {
			continue
		}
		for groups = mdconv.MinGroups; groups <= mdconv.MaxGroups; groups++ {
			same := n.GetOpType() == mdconv.OpType(groups, true)
			if !same && n.GetOpType() != mdconv.OpType(groups, false) {
				continue
			}
			spec, err := mdconv.ParseNode(n, groups, same)
			if err != nil {
				return nil, err
			}
			one := mixed{name: n.GetOutput()[0], output: n.GetOutput()[0]}
			for i, channels := range spec.Split {
				k := kernel{channels: channels}
				if dims := shapes[n.GetInput()[1+i]]; len(dims) == 4 {
					k.height, k.width = int(dims[2]), int(dims[3])
				}
				one.kernels = append(one.kernels, k)
			}
			list = append(list, one)
		}
	}
	return list, nil
}

// Branch is what the channels of one kernel size respond to: the mean of their values'
// magnitudes at each place, as a picture from dark (0) to light (the layer's largest).
type Branch struct {
	Kernel   string   `json:"kernel"` // such as 5×5
	Channels int      `json:"channels"`
	Mean     *float64 `json:"mean"` // of all magnitudes; null if it is no number
	Map      string   `json:"map"`  // a PNG as a data URI
}

// Layer is a mixed depthwise convolution.
type Layer struct {
	Name     string   `json:"name"` // of its output
	Height   int      `json:"height"`
	Width    int      `json:"width"`
	Branches []Branch `json:"branches"`
}

// branches draws what a mixed convolution made of one picture: t is [1,C,H,W].
func (m mixed) branches(t *tensor.Tensor) (*Layer, error) {
	if t == nil || t.DType != tensor.Float32 || len(t.Shape) != 4 {
		return nil, fmt.Errorf("output %s of a mixed convolution is no float32 [N,C,H,W]", m.output)
	}
	l := &Layer{Name: m.name, Height: t.Shape[2], Width: t.Shape[3]}
	area, data, largest := l.Height*l.Width, tensor.Data[float32](t), 0.0
	maps := make([][]float64, len(m.kernels))
	for i, k := range m.kernels {
		maps[i] = make([]float64, area)
		for range k.channels {
			for at, v := range data[:area] {
				maps[i][at] += math.Abs(float64(v)) / float64(k.channels)
			}
			data = data[area:]
		}
		for _, v := range maps[i] {
			largest = max(largest, v)
		}
	}
	for i, k := range m.kernels {
		sum := 0.0
		for _, v := range maps[i] {
			sum += v
		}
		picture, err := heatMap(maps[i], l.Width, largest)
		if err != nil {
			return nil, err
		}
		l.Branches = append(l.Branches, Branch{fmt.Sprintf("%d×%d", k.height, k.width), k.channels, finite(sum / float64(area)), picture})
	}
	return l, nil
}
