package convert

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/errs"
)

// The prefixes of torchvision's and lukemelas's networks, where timm has the same
// ones with other names of tensors.
const (
	torchVisionPrefix = "torchvision_"
	lukeMelasPrefix   = "lukemelas_"
)

// aliases are other names of networks: older ones of timm, those of papers, and
// what torchvision calls those that timm has too.
var aliases = map[string]string{
	"mobilenet_v1":       "mobilenetv1_100",
	"mobilenetv1":        "mobilenetv1_100",
	"mobilenet_v2":       "mobilenetv2_100",
	"mobilenetv2":        "mobilenetv2_100",
	"mobilenet_v3_large": "mobilenetv3_large_100",
	"mobilenetv3_large":  "mobilenetv3_large_100",
	"mobilenet_v3_small": "mobilenetv3_small_100",
	"mobilenetv3_small":  "mobilenetv3_small_100",
	"mnasnet_a1":         "semnasnet_100",
	"mnasnet_b1":         "mnasnet_100",
	"fbnet_c":            "fbnetc_100",
	"fbnetc":             "fbnetc_100",
	"spnasnet":           "spnasnet_100",
	"efficientnet_b2a":   "efficientnet_b2",
	"efficientnet_b3a":   "efficientnet_b3",
}

// hubs are what stands before a network's name where libraries name weights.
var hubs = []string{"hf_hub:", "hf-hub:", "https://huggingface.co/", "timm/", "timm.", "torchvision/", "torchvision.models.", "pytorch/vision/", "lukemelas/"}

var (
	// variants are endings of old names of timm for other weights of a network.
	variants = regexp.MustCompile(`^(tf_efficientnet_b\d)_(ap|ns|aa)$`)
	// weightEnums are torchvision's names of weights: MobileNet_V2_Weights.
	weightEnums = regexp.MustCompile(`_weights$`)
)

// plainName is what a name says of the network alone: without a hub and a tag
// of the weights, in small letters, and with underscores.
func plainName(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	for _, hub := range hubs {
		name = strings.TrimPrefix(name, hub)
	}
	name, _, _ = strings.Cut(name, ".")
	name = strings.ReplaceAll(name, "-", "_")
	name = weightEnums.ReplaceAllString(name, "")
	return variants.ReplaceAllString(name, "$1")
}

// lookup returns the names of the networks that a name may mean, as it is
// spelled or, if that is none, without hub and tag: the one that has it, or that
// it is another name of, torchvision's, and lukemelas's.
func lookup(name string) []string {
	plain := plainName(name)
	for _, spelling := range []string{name, strings.ToLower(name), plain} {
		var found []string
		for _, own := range []string{spelling, aliases[spelling], torchVisionPrefix + spelling, lukeMelasPrefix + spelling} {
			if slices.ContainsFunc(networks, func(r row) bool { return r.name == own }) {
				found = append(found, own)
			}
		}
		if found != nil {
			return found
		}
	}
	return nil
}

// NamedTorch returns the networks of PyTorch code that a name may mean, with
// 1000 classes: one, or one each of timm, torchvision and lukemelas, whose tensors
// have other names. Case, hyphens, hubs ("hf_hub:timm/…"), tags of weights
// (".ft_in1k") and usual other names (mnasnet_a1) are understood.
func NamedTorch(name string) ([]Network, error) {
	var found []Network
	for _, name := range lookup(name) {
		n, err := Named(name)
		if err != nil {
			return nil, err
		}
		found = append(found, n)
	}
	if len(found) == 0 {
		return nil, unknown(name, TorchNames())
	}
	if official := found[0]; official.Naming == Official {
		in := strings.ReplaceAll(official.Name, "-", "_")
		return nil, fmt.Errorf("network %s is TensorFlow's, allowed of PyTorch's: %s", official.Name,
			strings.Join(slices.DeleteFunc([]string{in, "tf_" + in}, func(s string) bool { return lookup(s) == nil }), " or "))
	}
	return found, nil
}

// unknown is the error about a name that is none.
func unknown(name string, allowed []string) error {
	meant := ""
	if near := nearest(plainName(name), allowed); len(near) > 0 {
		meant = fmt.Sprintf(" (did you mean %s?)", strings.Join(near, " or "))
	}
	return fmt.Errorf("network %s: unknown%s, allowed %s", errs.Quote(name), meant, strings.Join(allowed, ", "))
}

// nearest are up to three names that few letters change into name, the nearest
// ones alone.
func nearest(name string, names []string) []string {
	const most = 3
	best := min(2, len(name)/4) + 1 // one more than is near
	var found []string
	for _, n := range names {
		d := errs.EditDistance(name, strings.ReplaceAll(n, "-", "_"))
		switch {
		case d > best || d == best && len(found) == 0:
		case d < best:
			best, found = d, []string{n}
		case len(found) < most:
			found = append(found, n)
		}
	}
	return found
}

// Differences says of networks what each computes otherwise than the others,
// for networks whose tensors are alike: "mixnet_s has symmetric padding,
// epsilon 1e-05".
func Differences(list []Network) []string {
	facts := make([][]string, len(list))
	for i, n := range list {
		facts[i] = []string{
			cmp.Or(string(n.Padding), "same") + " padding",
			"epsilon " + strconv.FormatFloat(float64(n.BatchNormEpsilon), 'g', -1, 32),
			"activation " + string(n.activation()),
			"squeeze activation " + string(n.SqueezeExcite.Activation),
			fmt.Sprintf("hard gates %v", n.SqueezeExcite.HardGate),
		}
	}
	lines := make([]string, len(list))
	for i, n := range list {
		var own []string
		for f, fact := range facts[i] {
			if slices.ContainsFunc(facts, func(other []string) bool { return other[f] != fact }) {
				own = append(own, fact)
			}
		}
		lines[i] = n.Name
		if len(own) > 0 {
			lines[i] += " has " + strings.Join(own, ", ")
		}
	}
	return lines
}
