package convert

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// port is what a code base does alike in all its networks.
type port struct {
	naming  Naming
	padding Padding
	epsilon float32
}

var (
	official    = port{Official, Same, 1e-3}
	timm        = port{Timm, Symmetric, 1e-5}
	timmTF      = port{Timm, Same, 1e-3} // timm's tf_ networks, whose weights come from TensorFlow
	torchVision = port{TorchVision, Symmetric, 1e-5}
	pytorchCV   = port{PyTorchCV, Symmetric, 1e-3}

	torchVisionMobile2   = port{TorchVisionMobileNetV2, Symmetric, 1e-5}
	torchVisionMobile3   = port{TorchVisionMobileNetV3, Symmetric, 1e-3}
	torchVisionMNASNet   = port{TorchVisionMNASNet, Symmetric, 1e-5}
	torchVisionEffNet    = port{TorchVisionEfficientNet, Symmetric, 1e-5}
	torchVisionEffNetBig = port{TorchVisionEfficientNet, Symmetric, 1e-3} // from B5 on

	efficientNetPyTorch = port{LukeMelas, Same, 1e-3}
)

// row is a named network. What is zero is as the design and the port have it.
type row struct {
	name string
	*design
	*port
	width     float64 // multiplies channels
	fixedStem bool    // but not those of the stem
	depth     float64 // multiplies repeats
	fixedEnds bool    // but not those of the first and the last stage
	features  int
	picture   picture // zero: ImageNet's, 224 pixels, bicubic, but for official ones
}

// networks has one row per named network. MixNet-S, M and L are those of the
// official code, XL and XXL are timm's, here as if the official code had them.
var networks = []row{
	{name: "mixnet-s", design: &mixnetS, port: &official},
	{name: "mixnet-m", design: &mixnetM, port: &official},
	{name: "mixnet-l", design: &mixnetM, port: &official, width: 1.3},
	{name: "mixnet-xl", design: &mixnetM, port: &official, width: 1.6, depth: 1.2},
	{name: "mixnet-xxl", design: &mixnetM, port: &official, width: 2.4, depth: 1.3},

	{name: "mixnet_s", design: &mixnetS, port: &timm},
	{name: "mixnet_m", design: &mixnetM, port: &timm},
	{name: "mixnet_l", design: &mixnetM, port: &timm, width: 1.3},
	{name: "mixnet_xl", design: &mixnetM, port: &timm, width: 1.6, depth: 1.2},
	{name: "mixnet_xxl", design: &mixnetM, port: &timm, width: 2.4, depth: 1.3},
	{name: "tf_mixnet_s", design: &mixnetS, port: &timmTF},
	{name: "tf_mixnet_m", design: &mixnetM, port: &timmTF},
	{name: "tf_mixnet_l", design: &mixnetM, port: &timmTF, width: 1.3},

	{name: "mobilenetv1_100", design: &mobileNetV1, port: &timm, picture: centred(224, 0.875, bicubic)},
	{name: "mobilenetv1_100h", design: &mobileNetV1WithHead, port: &timm, picture: centred(224, 0.875, bicubic)},
	{name: "mobilenetv1_125", design: &mobileNetV1, port: &timm, width: 1.25, picture: centred(224, 0.9, bicubic)},
	{name: "mobilenetv2_035", design: &mobileNetV2, port: &timm, width: 0.35},
	{name: "mobilenetv2_050", design: &mobileNetV2, port: &timm, width: 0.5},
	{name: "mobilenetv2_075", design: &mobileNetV2, port: &timm, width: 0.75},
	{name: "mobilenetv2_100", design: &mobileNetV2, port: &timm},
	{name: "mobilenetv2_140", design: &mobileNetV2, port: &timm, width: 1.4, features: 1792},
	{name: "mobilenetv2_110d", design: &mobileNetV2, port: &timm, width: 1.1, depth: 1.2, fixedStem: true, fixedEnds: true},
	{name: "mobilenetv2_120d", design: &mobileNetV2, port: &timm, width: 1.2, depth: 1.4, fixedStem: true, fixedEnds: true},

	{name: "mobilenetv3_large_075", design: &mobileNetV3Large, port: &timm, width: 0.75, picture: imageNet(224, 0.875, bilinear)},
	{name: "mobilenetv3_large_100", design: &mobileNetV3Large, port: &timm},
	{name: "mobilenetv3_large_150d", design: &mobileNetV3Large, port: &timm, width: 1.5, depth: 1.2, picture: centred(256, 0.95, bilinear)},
	{name: "mobilenetv3_small_050", design: &mobileNetV3Small, port: &timm, width: 0.5, fixedStem: true},
	{name: "mobilenetv3_small_075", design: &mobileNetV3Small, port: &timm, width: 0.75},
	{name: "mobilenetv3_small_100", design: &mobileNetV3Small, port: &timm},
	{name: "mobilenetv3_rw", design: &mobileNetV3RW, port: &port{Timm, Symmetric, 1e-3}},
	{name: "tf_mobilenetv3_large_075", design: &mobileNetV3Large, port: &timmTF, width: 0.75, picture: centred(224, 0.875, bilinear)},
	{name: "tf_mobilenetv3_large_100", design: &mobileNetV3Large, port: &timmTF, picture: centred(224, 0.875, bilinear)},
	{name: "tf_mobilenetv3_large_minimal_100", design: &mobileNetV3LargeMinimal, port: &timmTF, picture: centred(224, 0.875, bilinear)},
	{name: "tf_mobilenetv3_small_075", design: &mobileNetV3Small, port: &timmTF, width: 0.75, picture: centred(224, 0.875, bilinear)},
	{name: "tf_mobilenetv3_small_100", design: &mobileNetV3Small, port: &timmTF, picture: centred(224, 0.875, bilinear)},
	{name: "tf_mobilenetv3_small_minimal_100", design: &mobileNetV3SmallMinimal, port: &timmTF, picture: centred(224, 0.875, bilinear)},

	{name: "mnasnet_050", design: &mnasNetB1, port: &timm, width: 0.5},
	{name: "mnasnet_075", design: &mnasNetB1, port: &timm, width: 0.75},
	{name: "mnasnet_100", design: &mnasNetB1, port: &timm},
	{name: "mnasnet_140", design: &mnasNetB1, port: &timm, width: 1.4},
	{name: "semnasnet_050", design: &mnasNetA1, port: &timm, width: 0.5},
	{name: "semnasnet_075", design: &mnasNetA1, port: &timm, width: 0.75},
	{name: "semnasnet_100", design: &mnasNetA1, port: &timm},
	{name: "semnasnet_140", design: &mnasNetA1, port: &timm, width: 1.4},
	{name: "mnasnet_small", design: &mnasNetSmall, port: &timm},
	{name: "fbnetc_100", design: &fbNetC, port: &timm, picture: imageNet(224, 0.875, bilinear)},
	{name: "spnasnet_100", design: &singlePathNAS, port: &timm, picture: imageNet(224, 0.875, bilinear)},

	{name: "efficientnet_b0", design: &efficientNet, port: &timm},
	{name: "efficientnet_b1", design: &efficientNet, port: &timm, depth: 1.1, picture: centred(240, 0.9, bicubic)},
	{name: "efficientnet_b2", design: &efficientNet, port: &timm, width: 1.1, depth: 1.2, features: 1408, picture: imageNet(256, 0.875, bicubic)},
	{name: "efficientnet_b3", design: &efficientNet, port: &timm, width: 1.2, depth: 1.4, features: 1536, picture: imageNet(288, 0.875, bicubic)},
	{name: "efficientnet_b4", design: &efficientNet, port: &timm, width: 1.4, depth: 1.8, features: 1792, picture: imageNet(320, 0.875, bicubic)},
	{name: "tf_efficientnet_b0", design: &efficientNet, port: &timmTF},
	{name: "tf_efficientnet_b1", design: &efficientNet, port: &timmTF, depth: 1.1, picture: imageNet(240, 0.882, bicubic)},
	{name: "tf_efficientnet_b2", design: &efficientNet, port: &timmTF, width: 1.1, depth: 1.2, features: 1408, picture: imageNet(260, 0.89, bicubic)},
	{name: "tf_efficientnet_b3", design: &efficientNet, port: &timmTF, width: 1.2, depth: 1.4, features: 1536, picture: imageNet(300, 0.904, bicubic)},
	{name: "tf_efficientnet_b4", design: &efficientNet, port: &timmTF, width: 1.4, depth: 1.8, features: 1792, picture: imageNet(380, 0.922, bicubic)},

	{name: "efficientnet_lite0", design: &efficientNetLite, port: &timm},
	{name: "efficientnet_lite1", design: &efficientNetLite, port: &timm, depth: 1.1, fixedEnds: true, picture: imageNet(240, 0.882, bicubic)},
	{name: "efficientnet_lite2", design: &efficientNetLite, port: &timm, width: 1.1, fixedStem: true, depth: 1.2, fixedEnds: true, picture: imageNet(260, 0.89, bicubic)},
	{name: "efficientnet_lite3", design: &efficientNetLite, port: &timm, width: 1.2, fixedStem: true, depth: 1.4, fixedEnds: true, picture: imageNet(300, 0.904, bicubic)},
	{name: "efficientnet_lite4", design: &efficientNetLite, port: &timm, width: 1.4, fixedStem: true, depth: 1.8, fixedEnds: true, picture: imageNet(380, 0.922, bicubic)},
	{name: "tf_efficientnet_lite0", design: &efficientNetLite, port: &timmTF, picture: centred(224, 0.875, bicubic)},
	{name: "tf_efficientnet_lite1", design: &efficientNetLite, port: &timmTF, depth: 1.1, fixedEnds: true, picture: centred(240, 0.882, bicubic)},
	{name: "tf_efficientnet_lite2", design: &efficientNetLite, port: &timmTF, width: 1.1, fixedStem: true, depth: 1.2, fixedEnds: true, picture: centred(260, 0.89, bicubic)},
	{name: "tf_efficientnet_lite3", design: &efficientNetLite, port: &timmTF, width: 1.2, fixedStem: true, depth: 1.4, fixedEnds: true, picture: centred(300, 0.904, bilinear)},
	{name: "tf_efficientnet_lite4", design: &efficientNetLite, port: &timmTF, width: 1.4, fixedStem: true, depth: 1.8, fixedEnds: true, picture: centred(380, 0.92, bilinear)},

	{name: "test_efficientnet", design: &testEfficientNet, port: &timm, picture: imageNet(160, 0.95, bicubic)},

	{name: "proxylessnas_cpu", design: &proxylessCPU, port: &pytorchCV, picture: imageNet(224, 0.875, bilinear)},
	{name: "proxylessnas_gpu", design: &proxylessGPU, port: &pytorchCV, picture: imageNet(224, 0.875, bilinear)},
	{name: "proxylessnas_mobile", design: &proxylessMobile, port: &pytorchCV, picture: imageNet(224, 0.875, bilinear)},
	{name: "proxylessnas_mobile14", design: &proxylessMobile14, port: &pytorchCV, picture: imageNet(224, 0.875, bilinear)},
	{name: "shufflenet_v2_x0_5", design: &shuffleNetHalf, port: &torchVision, picture: imageNet(224, 0.875, bilinear)},
	{name: "shufflenet_v2_x1_0", design: &shuffleNet, port: &torchVision, picture: imageNet(224, 0.875, bilinear)},
	{name: "shufflenet_v2_x1_5", design: &shuffleNetLarger, port: &torchVision, picture: imageNet(224, 0.875, bilinear)},
	{name: "shufflenet_v2_x2_0", design: &shuffleNetDouble, port: &torchVision, picture: imageNet(224, 0.875, bilinear)},

	{name: "torchvision_mobilenet_v2", design: &mobileNetV2, port: &torchVisionMobile2, picture: resized(224, 232, bilinear)},
	{name: "torchvision_mobilenet_v3_large", design: &mobileNetV3Large, port: &torchVisionMobile3, picture: resized(224, 232, bilinear)},
	{name: "torchvision_mobilenet_v3_small", design: &mobileNetV3Small, port: &torchVisionMobile3, picture: resized(224, 256, bilinear)},
	{name: "torchvision_mnasnet0_5", design: &mnasNetB1, port: &torchVisionMNASNet, width: 0.5, picture: resized(224, 256, bilinear)},
	{name: "torchvision_mnasnet0_75", design: &mnasNetB1, port: &torchVisionMNASNet, width: 0.75, picture: resized(224, 232, bilinear)},
	{name: "torchvision_mnasnet1_0", design: &mnasNetB1, port: &torchVisionMNASNet, picture: resized(224, 256, bilinear)},
	{name: "torchvision_mnasnet1_3", design: &mnasNetB1, port: &torchVisionMNASNet, width: 1.3, picture: resized(224, 232, bilinear)},
	{name: "torchvision_efficientnet_b0", design: &efficientNet, port: &torchVisionEffNet, picture: resized(224, 256, bicubic)},
	{name: "torchvision_efficientnet_b1", design: &efficientNet, port: &torchVisionEffNet, depth: 1.1, picture: resized(240, 255, bilinear)},
	{name: "torchvision_efficientnet_b2", design: &efficientNet, port: &torchVisionEffNet, width: 1.1, depth: 1.2, features: 1408, picture: resized(288, 288, bicubic)},
	{name: "torchvision_efficientnet_b3", design: &efficientNet, port: &torchVisionEffNet, width: 1.2, depth: 1.4, features: 1536, picture: resized(300, 320, bicubic)},
	{name: "torchvision_efficientnet_b4", design: &efficientNet, port: &torchVisionEffNet, width: 1.4, depth: 1.8, features: 1792, picture: resized(380, 384, bicubic)},
	{name: "torchvision_efficientnet_b5", design: &efficientNet, port: &torchVisionEffNetBig, width: 1.6, depth: 2.2, features: 2048, picture: resized(456, 456, bicubic)},
	{name: "torchvision_efficientnet_b6", design: &efficientNet, port: &torchVisionEffNetBig, width: 1.8, depth: 2.6, features: 2304, picture: resized(528, 528, bicubic)},
	{name: "torchvision_efficientnet_b7", design: &efficientNet, port: &torchVisionEffNetBig, width: 2, depth: 3.1, features: 2560, picture: resized(600, 600, bicubic)},

	{name: "lukemelas_efficientnet_b0", design: &efficientNet, port: &efficientNetPyTorch, picture: resized(224, 224, bicubic)},
	{name: "lukemelas_efficientnet_b1", design: &efficientNet, port: &efficientNetPyTorch, depth: 1.1, picture: resized(240, 240, bicubic)},
	{name: "lukemelas_efficientnet_b2", design: &efficientNet, port: &efficientNetPyTorch, width: 1.1, depth: 1.2, features: 1408, picture: resized(260, 260, bicubic)},
	{name: "lukemelas_efficientnet_b3", design: &efficientNet, port: &efficientNetPyTorch, width: 1.2, depth: 1.4, features: 1536, picture: resized(300, 300, bicubic)},
	{name: "lukemelas_efficientnet_b4", design: &efficientNet, port: &efficientNetPyTorch, width: 1.4, depth: 1.8, features: 1792, picture: resized(380, 380, bicubic)},
	{name: "lukemelas_efficientnet_b5", design: &efficientNet, port: &efficientNetPyTorch, width: 1.6, depth: 2.2, features: 2048, picture: resized(456, 456, bicubic)},
	{name: "lukemelas_efficientnet_b6", design: &efficientNet, port: &efficientNetPyTorch, width: 1.8, depth: 2.6, features: 2304, picture: resized(528, 528, bicubic)},
	{name: "lukemelas_efficientnet_b7", design: &efficientNet, port: &efficientNetPyTorch, width: 2, depth: 3.1, features: 2560, picture: resized(600, 600, bicubic)},
	{name: "lukemelas_efficientnet_lite0", design: &efficientNetLite, port: &efficientNetPyTorch, picture: lite(224)},
	{name: "lukemelas_efficientnet_lite1", design: &efficientNetLite, port: &efficientNetPyTorch, depth: 1.1, fixedEnds: true, picture: lite(240)},
	{name: "lukemelas_efficientnet_lite2", design: &efficientNetLite, port: &efficientNetPyTorch, width: 1.1, fixedStem: true, depth: 1.2, fixedEnds: true, picture: lite(260)},
	{name: "lukemelas_efficientnet_lite3", design: &efficientNetLite, port: &efficientNetPyTorch, width: 1.2, fixedStem: true, depth: 1.4, fixedEnds: true, picture: lite(280)},
	{name: "lukemelas_efficientnet_lite4", design: &efficientNetLite, port: &efficientNetPyTorch, width: 1.4, fixedStem: true, depth: 1.8, fixedEnds: true, picture: lite(300)},
}

// Names lists the networks of the official MixNet code, smallest first.
func Names() []string { return namesOf(func(n Naming) bool { return n == Official }) }

// TorchNames lists the networks of PyTorch code: timm's, then pytorchcv's
// ProxylessNAS, torchvision's, and those of lukemelas's efficientnet_pytorch.
func TorchNames() []string { return namesOf(func(n Naming) bool { return n != Official }) }

func namesOf(takes func(Naming) bool) []string {
	var names []string
	for _, r := range networks {
		if takes(r.naming) {
			names = append(names, r.name)
		}
	}
	return names
}

// Named returns a network by name, with 1000 classes; of the names of several
// (see NamedTorch), the first. Those of Names are as TensorFlow's code has them:
// SAME padding, batch norm epsilon 1e-3.
func Named(name string) (Network, error) {
	names := lookup(name)
	if len(names) == 0 {
		return Network{}, unknown(name, slices.Concat(Names(), TorchNames()))
	}
	i := slices.IndexFunc(networks, func(r row) bool { return r.name == names[0] })
	return networks[i].network()
}

func (r row) network() (Network, error) {
	n := Network{
		Name: r.name, Stem: r.stem, FixedStem: r.fixedStem, StemPool: r.stemPool,
		FeatureSize: r.design.features, Head: r.head, Classes: 1000,
		DepthMultiplier: r.width, DepthDivisor: 8,
		Activation: r.act, SqueezeExcite: r.squeeze,
		Naming: r.naming, Padding: r.padding, BatchNormEpsilon: r.epsilon,
	}
	if r.features > 0 {
		n.FeatureSize = r.features
	}
	if r.naming != Official {
		n.Preprocessing = cmp.Or(r.picture, imageNet(224, 0.875, bicubic)).config()
	}
	for i, line := range r.stages {
		stage, err := parseStage(line)
		if err != nil {
			return Network{}, err
		}
		if ends := i == 0 || i == len(r.stages)-1; r.depth > 0 && !(r.fixedEnds && ends) {
			deepen(stage, r.depth, r.rounds)
		}
		n.Blocks = append(n.Blocks, stage...)
		if r.naming != Official {
			n.Stages = append(n.Stages, len(stage))
		}
	}
	return n, nil
}

// parseStage reads block strings with spaces between.
func parseStage(line string) ([]Block, error) {
	var stage []Block
	for _, s := range strings.Fields(line) {
		b, err := ParseBlock(s)
		if err != nil {
			return nil, err
		}
		stage = append(stage, b)
	}
	return stage, nil
}

// deepen multiplies the repeats of a stage, whose sum is taken up to a whole
// number, or rounded, and dealt out from the last block to the first in
// proportion to what each had: as timm does
// (timm/models/_efficientnet_builder.py). Halves are rounded to even.
func deepen(stage []Block, depth float64, rounds bool) {
	total := 0
	for _, b := range stage {
		total += b.Repeat
	}
	scaled := whole(math.Ceil(float64(total) * depth))
	if rounds {
		scaled = max(1, whole(math.RoundToEven(float64(total)*depth)))
	}
	for i := len(stage) - 1; i >= 0; i-- {
		had := stage[i].Repeat
		share := float64(had) / float64(total) * float64(scaled)
		stage[i].Repeat = max(1, whole(math.RoundToEven(share)))
		total -= had
		scaled -= stage[i].Repeat
	}
}
