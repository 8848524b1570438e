package convert_test

import (
	"testing"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/check"
	"github.com/mixconv/mixconv/onnx/mdconv"
	"github.com/mixconv/mixconv/tensor"
)

// facts are the sizes of the networks as PyTorch counts them, with timm 1.0.31,
// torchvision 0.29.2, pytorchcv 0.0.74, efficientnet_pytorch 0.7.1 and
// efficientnet_lite_pytorch 0.1.0: the elements of parameters(), and for a picture of 224×224 the products of each Conv2d's and Linear's output
// elements and the weights behind one of these.
var facts = []struct {
	name   string
	params int64
	macs   int
}{
	{"mixnet_s", 4_134_606, 239_173_360},
	{"mixnet_m", 5_014_382, 339_172_672},
	{"mixnet_l", 7_329_252, 555_251_792},
	{"mixnet_xl", 11_896_768, 904_010_880},
	{"mixnet_xxl", 23_961_752, 1_992_725_184},
	{"tf_mixnet_s", 4_134_606, 239_173_360},
	{"tf_mixnet_m", 5_014_382, 339_172_672},
	{"tf_mixnet_l", 7_329_252, 555_251_792},
	{"mobilenetv1_100", 4_231_976, 568_740_352},
	{"mobilenetv1_100h", 5_282_600, 620_120_576},
	{"mobilenetv1_125", 6_270_840, 879_516_800},
	{"mobilenetv2_035", 1_677_128, 59_285_808},
	{"mobilenetv2_050", 1_968_680, 97_131_840},
	{"mobilenetv2_075", 2_636_424, 209_069_792},
	{"mobilenetv2_100", 3_504_872, 300_774_272},
	{"mobilenetv2_140", 6_108_776, 582_195_824},
	{"mobilenetv2_110d", 4_516_520, 430_516_080},
	{"mobilenetv2_120d", 5_831_144, 668_857_568},
	{"mobilenetv3_large_075", 3_993_528, 154_560_624},
	{"mobilenetv3_large_100", 5_483_032, 216_589_760},
	{"mobilenetv3_large_150d", 14_622_320, 775_198_160},
	{"mobilenetv3_small_050", 1_593_224, 24_188_688},
	{"mobilenetv3_small_075", 2_041_872, 43_399_344},
	{"mobilenetv3_small_100", 2_542_856, 56_510_400},
	{"mobilenetv3_rw", 5_479_918, 216_587_936},
	{"tf_mobilenetv3_large_075", 3_993_528, 154_560_624},
	{"tf_mobilenetv3_large_100", 5_483_032, 216_589_760},
	{"tf_mobilenetv3_large_minimal_100", 3_924_288, 209_136_704},
	{"tf_mobilenetv3_small_075", 2_041_872, 43_399_344},
	{"tf_mobilenetv3_small_100", 2_542_856, 56_510_400},
	{"tf_mobilenetv3_small_minimal_100", 2_044_736, 52_288_448},
	{"mnasnet_050", 2_218_512, 104_455_968},
	{"mnasnet_075", 3_170_208, 215_493_104},
	{"mnasnet_100", 4_383_312, 314_415_872},
	{"mnasnet_140", 7_115_728, 588_799_408},
	{"semnasnet_050", 2_082_006, 103_162_992},
	{"semnasnet_075", 2_912_278, 223_448_480},
	{"semnasnet_100", 3_887_038, 311_579_072},
	{"semnasnet_140", 6_105_992, 586_317_952},
	{"mnasnet_small", 2_030_264, 68_339_184},
	{"fbnetc_100", 5_572_200, 384_960_160},
	{"spnasnet_100", 4_421_616, 333_467_072},
	{"efficientnet_b0", 5_288_548, 385_814_752},
	{"efficientnet_b1", 7_794_184, 569_651_680},
	{"efficientnet_b2", 9_109_994, 658_963_440},
	{"efficientnet_b3", 12_233_232, 962_708_240},
	{"efficientnet_b4", 19_341_616, 1_503_710_432},
	{"tf_efficientnet_b0", 5_288_548, 385_814_752},
	{"tf_efficientnet_b1", 7_794_184, 569_651_680},
	{"tf_efficientnet_b2", 9_109_994, 658_963_440},
	{"tf_efficientnet_b3", 12_233_232, 962_708_240},
	{"tf_efficientnet_b4", 19_341_616, 1_503_710_432},
	{"efficientnet_lite0", 4_652_008, 385_187_552},
	{"efficientnet_lite1", 5_416_680, 502_467_680},
	{"efficientnet_lite2", 6_092_072, 576_509_424},
	{"efficientnet_lite3", 8_197_096, 852_099_536},
	{"efficientnet_lite4", 13_006_568, 1_347_665_152},
	{"tf_efficientnet_lite0", 4_652_008, 385_187_552},
	{"tf_efficientnet_lite1", 5_416_680, 502_467_680},
	{"tf_efficientnet_lite2", 6_092_072, 576_509_424},
	{"tf_efficientnet_lite3", 8_197_096, 852_099_536},
	{"tf_efficientnet_lite4", 13_006_568, 1_347_665_152},
	{"test_efficientnet", 356_196, 112_064_192},
	{"proxylessnas_cpu", 4_361_648, 439_243_864},
	{"proxylessnas_gpu", 7_119_848, 465_260_160},
	{"proxylessnas_mobile", 4_080_512, 320_427_584},
	{"proxylessnas_mobile14", 6_857_568, 580_883_408},
	{"shufflenet_v2_x0_5", 1_366_792, 40_476_448},
	{"shufflenet_v2_x1_0", 2_278_604, 144_907_992},
	{"shufflenet_v2_x1_5", 3_503_624, 295_759_392},
	{"shufflenet_v2_x2_0", 7_393_996, 583_253_464},
	{"torchvision_mobilenet_v2", 3_504_872, 300_774_272},
	{"torchvision_mobilenet_v3_large", 5_483_032, 216_589_760},
	{"torchvision_mobilenet_v3_small", 2_542_856, 56_510_400},
	{"torchvision_mnasnet0_5", 2_218_512, 104_455_968},
	{"torchvision_mnasnet0_75", 3_170_208, 215_493_104},
	{"torchvision_mnasnet1_0", 4_383_312, 314_415_872},
	{"torchvision_mnasnet1_3", 6_282_256, 526_362_432},
	{"torchvision_efficientnet_b0", 5_288_548, 385_814_752},
	{"torchvision_efficientnet_b1", 7_794_184, 569_651_680},
	{"torchvision_efficientnet_b2", 9_109_994, 658_963_440},
	{"torchvision_efficientnet_b3", 12_233_232, 962_708_240},
	{"torchvision_efficientnet_b4", 19_341_616, 1_503_710_432},
	{"torchvision_efficientnet_b5", 30_389_784, 2_356_493_184},
	{"torchvision_efficientnet_b6", 43_040_704, 3_360_166_848},
	{"torchvision_efficientnet_b7", 66_347_960, 5_169_865_152},
	{"lukemelas_efficientnet_b0", 5_288_548, 385_814_752},
	{"lukemelas_efficientnet_b1", 7_794_184, 569_651_680},
	{"lukemelas_efficientnet_b2", 9_109_994, 658_963_440},
	{"lukemelas_efficientnet_b3", 12_233_232, 962_708_240},
	{"lukemelas_efficientnet_b4", 19_341_616, 1_503_710_432},
	{"lukemelas_efficientnet_b5", 30_389_784, 2_356_493_184},
	{"lukemelas_efficientnet_b6", 43_040_704, 3_360_166_848},
	{"lukemelas_efficientnet_b7", 66_347_960, 5_169_865_152},
	{"lukemelas_efficientnet_lite0", 4_652_008, 385_187_552},
	{"lukemelas_efficientnet_lite1", 5_416_680, 502_467_680},
	{"lukemelas_efficientnet_lite2", 6_092_072, 576_509_424},
	{"lukemelas_efficientnet_lite3", 8_197_096, 852_099_536},
	{"lukemelas_efficientnet_lite4", 13_006_568, 1_347_665_152},
}

// TestFacts: every network of PyTorch has as many parameters and multiply-adds
// as there, and both forms of it pass the checkers.
func TestFacts(t *testing.T) {
	if got, want := len(facts), len(convert.TorchNames()); got != want {
		t.Errorf("%d networks have facts, there are %d", got, want)
	}
	for i, f := range facts {
		if testing.Short() && i%8 != 0 { // where a processor is emulated, all take hours
			continue
		}
		n := named(t, f.name)
		if got := n.TrainedParams(); got != f.params {
			t.Errorf("%s: %d trained parameters, want %d", f.name, got, f.params)
		}
		for _, form := range []convert.Form{convert.Split, convert.Fused} {
			m := lower(t, n, zeros(n), convert.Options{ImageSize: 224, MDConv: form})
			if err := check.Model(m); err != nil {
				t.Errorf("%s, %s: %v", f.name, form, err)
			}
			if err := mdconv.Check(m); err != nil {
				t.Errorf("%s, %s: %v", f.name, form, err)
			}
			if form == convert.Fused {
				continue
			}
			if got := macs(m.Proto.Graph.Node, weightShapes(m), 224); got != f.macs {
				t.Errorf("%s: %d multiply-adds, want %d", f.name, got, f.macs)
			}
		}
	}
}

func named(t testing.TB, name string) convert.Network {
	t.Helper()
	n, err := convert.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// zeros are weights for tests that look at shapes alone. All share one array.
func zeros(n convert.Network) convert.Weights {
	most := 0
	for _, p := range n.Params() {
		most = max(most, p.Shape.Elements())
	}
	data := make([]float32, most)
	w := convert.Weights{}
	for _, p := range n.Params() {
		w[p.Role] = tensor.Of(data[:p.Shape.Elements()], p.Shape...)
	}
	return w
}

func weightShapes(m *onnx.Model) map[string]tensor.Shape {
	shapes := map[string]tensor.Shape{}
	for _, init := range m.Proto.Graph.Initializer {
		shapes[init.GetName()] = shapeOf(init)
	}
	return shapes
}
