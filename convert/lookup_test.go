package convert_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/convert"
)

// TestNamedTorch has names as people write them.
func TestNamedTorch(t *testing.T) {
	for name, want := range map[string]string{
		"mixnet_s":                                 "mixnet_s",
		"MixNet_S":                                 "mixnet_s",
		"MIXNET_S.ft_in1k":                         "mixnet_s",
		"timm/mixnet_s.ft_in1k":                    "mixnet_s",
		"hf_hub:timm/mixnet_s.ft_in1k":             "mixnet_s",
		"hf-hub:timm/tf_mixnet_l.in1k":             "tf_mixnet_l",
		"https://huggingface.co/timm/mixnet_m.x":   "mixnet_m",
		"tf-mixnet-s":                              "tf_mixnet_s",
		"mnasnet_a1":                               "semnasnet_100",
		"mnasnet_b1":                               "mnasnet_100",
		"mnasnet1_0":                               "torchvision_mnasnet1_0",
		"MNASNet1_3_Weights.IMAGENET1K_V1":         "torchvision_mnasnet1_3",
		"MobileNet_V2":                             "mobilenetv2_100 torchvision_mobilenet_v2",
		"mobilenet_v2":                             "mobilenetv2_100 torchvision_mobilenet_v2",
		"MobileNet_V3_Large_Weights.IMAGENET1K_V2": "mobilenetv3_large_100 torchvision_mobilenet_v3_large",
		"mobilenet_v3_small":                       "mobilenetv3_small_100 torchvision_mobilenet_v3_small",
		"mobilenetv3-small-050":                    "mobilenetv3_small_050",
		"efficientnet_b0":                          "efficientnet_b0 torchvision_efficientnet_b0 lukemelas_efficientnet_b0",
		"efficientnet-b0":                          "efficientnet_b0 torchvision_efficientnet_b0 lukemelas_efficientnet_b0",
		"torchvision/efficientnet_b0":              "efficientnet_b0 torchvision_efficientnet_b0 lukemelas_efficientnet_b0",
		"torchvision_efficientnet_b0":              "torchvision_efficientnet_b0",
		"efficientnet_b7":                          "torchvision_efficientnet_b7 lukemelas_efficientnet_b7",
		"lukemelas/efficientnet-b5":                "torchvision_efficientnet_b5 lukemelas_efficientnet_b5",
		"lukemelas_efficientnet_b5":                "lukemelas_efficientnet_b5",
		"EfficientNet-Lite0":                       "efficientnet_lite0 lukemelas_efficientnet_lite0",
		"tf_efficientnet_lite4.in1k":               "tf_efficientnet_lite4",
		"tf_efficientnet_b0.ns_jft_in1k":           "tf_efficientnet_b0",
		"tf_efficientnet_b0_ns":                    "tf_efficientnet_b0",
		"tf_efficientnet_b4_ap":                    "tf_efficientnet_b4",
		"efficientnet_b3a":                         "efficientnet_b3",
		"shufflenet_v2_x1_0":                       "shufflenet_v2_x1_0",
		"ShuffleNet_V2_X0_5_Weights.IMAGENET1K_V1": "shufflenet_v2_x0_5",
		" spnasnet_100 ":                           "spnasnet_100",
		"timm/mobilenetv3_large_100.ra_in1k":       "mobilenetv3_large_100",
		"timm.models.efficientnet.mixnet_s":        "",
		"resnet50":                                 "",
		"":                                         "",
	} {
		networks, err := convert.NamedTorch(name)
		var got []string
		for _, n := range networks {
			got = append(got, n.Name)
		}
		if s := strings.Join(got, " "); s != want || (err == nil) != (want != "") {
			t.Errorf("%q: %s, %v, want %s", name, s, err, want)
		}
	}
	if n := named(t, "MobileNet_V2"); n.Name != "mobilenetv2_100" {
		t.Errorf("MobileNet_V2 is %s", n.Name)
	}
}

// TestDidYouMean: names that are nearly right are answered with the right ones.
func TestDidYouMean(t *testing.T) {
	for name, want := range map[string]string{
		"mixnet_z":             "(did you mean mixnet_s or mixnet_m or mixnet_l?)",
		"mixnets":              "(did you mean mixnet_s?)",
		"tf_mixnet_xl":         "(did you mean tf_mixnet_l?)",
		"mobilnetv3_large_100": "(did you mean mobilenetv3_large_100?)",
		"eficientnet_b0":       "(did you mean efficientnet_b0?)",
		"semnasnet_10":         "(did you mean semnasnet_100 or semnasnet_140?)",
		"resnet50":             "network resnet50: unknown, allowed ",
		"vit_base_patch16":     "network vit_base_patch16: unknown, allowed ",
		"a\nb":                 `network "a\nb": unknown, allowed `,
	} {
		_, err := convert.NamedTorch(name)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %.120v, want %s", name, err, want)
		}
	}
}

// TestDifferences: of networks with the same tensors, what each computes
// otherwise is said, and nothing else.
func TestDifferences(t *testing.T) {
	lines := convert.Differences([]convert.Network{named(t, "mobilenetv3_small_100"), named(t, "tf_mobilenetv3_small_100")})
	want := []string{"mobilenetv3_small_100 has symmetric padding, epsilon 1e-05", "tf_mobilenetv3_small_100 has same padding, epsilon 0.001"}
	if !slices.Equal(lines, want) {
		t.Errorf("%q, want %q", lines, want)
	}
}
