// Package zoo runs networks of timm, torchvision, pytorchcv and Keras, as the
// usual exporters write them, on both engines and in ONNX Runtime, and holds all
// three against the framework in float64. `make test-zoo` runs all of
// networks.txt and writes ZOO.md.
package zoo

import (
	_ "embed"
	"slices"
	"strings"
	"time"
)

//go:embed networks.txt
var list string

// Network is a line of networks.txt.
type Network struct {
	Library, Name, Size string
	Options             []string
	Line                string // what the exporting scripts read
}

// Formats are what the files hold, float32 or an option of networks.txt, and the
// largest error that is right whatever ONNX Runtime's is.
//
// A value of 16 bits is rounded by 2⁻¹¹ or 2⁻⁸ at most, and a network rounds in
// some hundred places, whose errors add up like those of a random walk.
var Formats = map[string]float64{
	"float32":  2e-5,
	"float16":  10 * 0x1p-11,
	"bfloat16": 10 * 0x1p-8,
	"int8":     2e-5,
}

// Networks lists them in the file's order.
func Networks() []Network {
	var all []Network
	for line := range strings.Lines(list) {
		if f := strings.Fields(line); len(f) >= 3 && f[0] != "#" {
			all = append(all, Network{f[0], f[1], f[2], f[3:], strings.TrimSpace(line)})
		}
	}
	return all
}

// Format is float32 or one of Formats.
func (n Network) Format() string {
	for _, o := range n.Options {
		if _, ok := Formats[o]; ok {
			return o
		}
	}
	return "float32"
}

// ID names the network with its format, if that is not float32.
func (n Network) ID() string {
	return strings.TrimSuffix(n.Name+"/"+n.Format(), "/float32")
}

// OfDay is n of the networks, evenly apart: other ones every day, all of them in
// turn.
func OfDay(all []Network, n int, day time.Time) []Network {
	step := (len(all) + n - 1) / n
	first := int(day.Unix()/(24*60*60)) % step
	var some []Network
	for i := range n {
		some = append(some, all[(first+i*step)%len(all)])
	}
	return slices.Clip(some)
}
