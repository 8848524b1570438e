package convert

import "fmt"

// design is a family of networks, before width, depth and code base. Each
// stage is a line of block strings with a space between.
type design struct {
	stages   []string
	stem     int
	features int // of the head's convolution
	head     Head
	act      Activation
	squeeze  SqueezeExcite
	rounds   bool // a stage's repeats times the depth are rounded, not taken up
	stemPool bool
}

// MixNet-S and M are in the official notation, all others in timm's: from
// timm/models/efficientnet.py and mobilenetv3.py, from pytorchcv's
// proxylessnas.py, and from torchvision's shufflenetv2.py.
var (
	mixnetS = design{stem: 16, features: 1536, stages: []string{
		"r1_k3_a1_p1_s11_e1_i16_o16",
		"r1_k3_a1.1_p1.1_s22_e6_i16_o24 r1_k3_a1.1_p1.1_s11_e3_i24_o24",
		"r1_k3.5.7_a1_p1_s22_e6_i24_o40_se0.5_sw r3_k3.5_a1.1_p1.1_s11_e6_i40_o40_se0.5_sw",
		"r1_k3.5.7_a1_p1.1_s22_e6_i40_o80_se0.25_sw r2_k3.5_a1_p1.1_s11_e6_i80_o80_se0.25_sw",
		"r1_k3.5.7_a1.1_p1.1_s11_e6_i80_o120_se0.5_sw r2_k3.5.7.9_a1.1_p1.1_s11_e3_i120_o120_se0.5_sw",
		"r1_k3.5.7.9.11_a1_p1_s22_e6_i120_o200_se0.5_sw r2_k3.5.7.9_a1_p1.1_s11_e6_i200_o200_se0.5_sw",
	}}
	mixnetM = design{stem: 24, features: 1536, rounds: true, stages: []string{
		"r1_k3_a1_p1_s11_e1_i24_o24",
		"r1_k3.5.7_a1.1_p1.1_s22_e6_i24_o32 r1_k3_a1.1_p1.1_s11_e3_i32_o32",
		"r1_k3.5.7.9_a1_p1_s22_e6_i32_o40_se0.5_sw r3_k3.5_a1.1_p1.1_s11_e6_i40_o40_se0.5_sw",
		"r1_k3.5.7_a1_p1_s22_e6_i40_o80_se0.25_sw r3_k3.5.7.9_a1.1_p1.1_s11_e6_i80_o80_se0.25_sw",
		"r1_k3_a1_p1_s11_e6_i80_o120_se0.5_sw r3_k3.5.7.9_a1.1_p1.1_s11_e3_i120_o120_se0.5_sw",
		"r1_k3.5.7.9_a1_p1_s22_e6_i120_o200_se0.5_sw r3_k3.5.7.9_a1_p1.1_s11_e6_i200_o200_se0.5_sw",
	}}
	mobileNetV1 = design{stem: 32, head: HeadNone, act: ReLU6, stages: []string{
		"dsa_r1_k3_s1_c64",
		"dsa_r2_k3_s2_c128",
		"dsa_r2_k3_s2_c256",
		"dsa_r6_k3_s2_c512",
		"dsa_r2_k3_s2_c1024",
	}}
	mobileNetV1WithHead = withHead(mobileNetV1, 1024)
	mobileNetV2         = design{stem: 32, features: 1280, act: ReLU6, stages: []string{
		"ds_r1_k3_s1_c16",
		"ir_r2_k3_s2_e6_c24",
		"ir_r3_k3_s2_e6_c32",
		"ir_r4_k3_s2_e6_c64",
		"ir_r3_k3_s1_e6_c96",
		"ir_r3_k3_s2_e6_c160",
		"ir_r1_k3_s1_e6_c320",
	}}
	mobileNetV3Large = design{stem: 16, features: 1280, head: HeadPooled, act: HardSwish, squeeze: mobileSqueeze, stages: []string{
		"ds_r1_k3_s1_c16_nre",
		"ir_r1_k3_s2_e4_c24_nre ir_r1_k3_s1_e3_c24_nre",
		"ir_r3_k5_s2_e3_c40_se0.25_nre",
		"ir_r1_k3_s2_e6_c80 ir_r1_k3_s1_e2.5_c80 ir_r2_k3_s1_e2.3_c80",
		"ir_r2_k3_s1_e6_c112_se0.25",
		"ir_r3_k5_s2_e6_c160_se0.25",
		"cn_r1_k1_s1_c960",
	}}
	mobileNetV3LargeMinimal = design{stem: 16, features: 1280, head: HeadPooled, stages: []string{
		"ds_r1_k3_s1_c16",
		"ir_r1_k3_s2_e4_c24 ir_r1_k3_s1_e3_c24",
		"ir_r3_k3_s2_e3_c40",
		"ir_r1_k3_s2_e6_c80 ir_r1_k3_s1_e2.5_c80 ir_r2_k3_s1_e2.3_c80",
		"ir_r2_k3_s1_e6_c112",
		"ir_r3_k3_s2_e6_c160",
		"cn_r1_k1_s1_c960",
	}}
	mobileNetV3Small = design{stem: 16, features: 1024, head: HeadPooled, act: HardSwish, squeeze: mobileSqueeze, stages: []string{
		"ds_r1_k3_s2_c16_se0.25_nre",
		"ir_r1_k3_s2_e4.5_c24_nre ir_r1_k3_s1_e3.67_c24_nre",
		"ir_r1_k5_s2_e4_c40_se0.25 ir_r2_k5_s1_e6_c40_se0.25",
		"ir_r2_k5_s1_e3_c48_se0.25",
		"ir_r3_k5_s2_e6_c96_se0.25",
		"cn_r1_k1_s1_c576",
	}}
	mobileNetV3SmallMinimal = design{stem: 16, features: 1024, head: HeadPooled, stages: []string{
		"ds_r1_k3_s2_c16",
		"ir_r1_k3_s2_e4.5_c24 ir_r1_k3_s1_e3.67_c24",
		"ir_r1_k3_s2_e4_c40 ir_r2_k3_s1_e6_c40",
		"ir_r2_k3_s1_e3_c48",
		"ir_r3_k3_s2_e6_c96",
		"cn_r1_k1_s1_c576",
	}}
	// timm's own, made before the official one was published.
	mobileNetV3RW = design{
		stem: 16, features: 1280, head: HeadPooledNoBias, act: HardSwish,
		squeeze: SqueezeExcite{OfExpanded: true, HardGate: true}, stages: []string{
			"ds_r1_k3_s1_c16_nre_noskip",
			"ir_r1_k3_s2_e4_c24_nre ir_r1_k3_s1_e3_c24_nre",
			"ir_r3_k5_s2_e3_c40_se0.25_nre",
			"ir_r1_k3_s2_e6_c80 ir_r1_k3_s1_e2.5_c80 ir_r2_k3_s1_e2.3_c80",
			"ir_r2_k3_s1_e6_c112_se0.25",
			"ir_r3_k5_s2_e6_c160_se0.25",
			"cn_r1_k1_s1_c960",
		}}
	mnasNetA1 = design{stem: 32, features: 1280, stages: []string{
		"ds_r1_k3_s1_c16_noskip",
		"ir_r2_k3_s2_e6_c24",
		"ir_r3_k5_s2_e3_c40_se0.25",
		"ir_r4_k3_s2_e6_c80",
		"ir_r2_k3_s1_e6_c112_se0.25",
		"ir_r3_k5_s2_e6_c160_se0.25",
		"ir_r1_k3_s1_e6_c320",
	}}
	mnasNetB1 = design{stem: 32, features: 1280, stages: []string{
		"ds_r1_k3_s1_c16_noskip",
		"ir_r3_k3_s2_e3_c24",
		"ir_r3_k5_s2_e3_c40",
		"ir_r3_k5_s2_e6_c80",
		"ir_r2_k3_s1_e6_c96",
		"ir_r4_k5_s2_e6_c192",
		"ir_r1_k3_s1_e6_c320_noskip",
	}}
	mnasNetSmall = design{stem: 8, features: 1280, stages: []string{
		"ds_r1_k3_s1_c8",
		"ir_r1_k3_s2_e3_c16",
		"ir_r2_k3_s2_e6_c16",
		"ir_r4_k5_s2_e6_c32_se0.25",
		"ir_r3_k3_s1_e6_c32_se0.25",
		"ir_r3_k5_s2_e6_c88_se0.25",
		"ir_r1_k3_s1_e6_c144",
	}}
	fbNetC = design{stem: 16, features: 1984, stages: []string{
		"ir_r1_k3_s1_e1_c16",
		"ir_r1_k3_s2_e6_c24 ir_r2_k3_s1_e1_c24",
		"ir_r1_k5_s2_e6_c32 ir_r1_k5_s1_e3_c32 ir_r1_k5_s1_e6_c32 ir_r1_k3_s1_e6_c32",
		"ir_r1_k5_s2_e6_c64 ir_r1_k5_s1_e3_c64 ir_r2_k5_s1_e6_c64",
		"ir_r3_k5_s1_e6_c112 ir_r1_k5_s1_e3_c112",
		"ir_r4_k5_s2_e6_c184",
		"ir_r1_k3_s1_e6_c352",
	}}
	singlePathNAS = design{stem: 32, features: 1280, stages: []string{
		"ds_r1_k3_s1_c16_noskip",
		"ir_r3_k3_s2_e3_c24",
		"ir_r1_k5_s2_e6_c40 ir_r3_k3_s1_e3_c40",
		"ir_r1_k5_s2_e6_c80 ir_r3_k3_s1_e3_c80",
		"ir_r1_k5_s1_e6_c96 ir_r3_k5_s1_e3_c96",
		"ir_r4_k5_s2_e6_c192",
		"ir_r1_k3_s1_e6_c320_noskip",
	}}
	efficientNet = design{stem: 32, features: 1280, act: Swish, stages: []string{
		"ds_r1_k3_s1_c16_se0.25",
		"ir_r2_k3_s2_e6_c24_se0.25",
		"ir_r2_k5_s2_e6_c40_se0.25",
		"ir_r3_k3_s2_e6_c80_se0.25",
		"ir_r3_k5_s1_e6_c112_se0.25",
		"ir_r4_k5_s2_e6_c192_se0.25",
		"ir_r1_k3_s1_e6_c320_se0.25",
	}}
	efficientNetLite = design{stem: 32, features: 1280, act: ReLU6, stages: []string{
		"ds_r1_k3_s1_c16",
		"ir_r2_k3_s2_e6_c24",
		"ir_r2_k5_s2_e6_c40",
		"ir_r3_k3_s2_e6_c80",
		"ir_r3_k5_s1_e6_c112",
		"ir_r4_k5_s2_e6_c192",
		"ir_r1_k3_s1_e6_c320",
	}}
	// timm's network for tests: the smallest with the blocks of EfficientNetV2.
	testEfficientNet = design{stem: 24, features: 256, act: Swish, stages: []string{
		"cn_r1_k3_s1_c16",
		"er_r1_k3_s2_e4_c24",
		"er_r1_k3_s2_e4_c32",
		"ir_r1_k3_s2_e4_c48_se0.25",
		"ir_r1_k3_s2_e4_c64_se0.25",
	}}
	proxylessCPU = design{stem: 40, features: 1432, act: ReLU6, stages: []string{
		"ds_r1_k3_s1_c24",
		"ir_r1_k3_s2_e6_c32 ir_r3_k3_s1_e3_c32",
		"ir_r1_k3_s2_e6_c48 ir_r2_k3_s1_e3_c48 ir_r1_k5_s1_e3_c48",
		"ir_r1_k3_s2_e6_c88 id_r2 ir_r1_k3_s1_e3_c88 ir_r1_k5_s1_e6_c104 ir_r3_k3_s1_e3_c104",
		"ir_r1_k5_s2_e6_c216 ir_r2_k5_s1_e3_c216 ir_r1_k3_s1_e3_c216 ir_r1_k5_s1_e6_c360",
	}}
	proxylessGPU = design{stem: 40, features: 1728, act: ReLU6, stages: []string{
		"ds_r1_k3_s1_c24",
		"ir_r1_k5_s2_e3_c32 id_r3",
		"ir_r1_k7_s2_e3_c56 id_r2 ir_r1_k3_s1_e3_c56",
		"ir_r1_k7_s2_e6_c112 id_r2 ir_r1_k5_s1_e3_c112 ir_r1_k5_s1_e6_c128 id_r1 ir_r1_k3_s1_e3_c128 ir_r1_k5_s1_e3_c128",
		"ir_r1_k7_s2_e6_c256 ir_r2_k7_s1_e6_c256 ir_r1_k5_s1_e6_c256 ir_r1_k7_s1_e6_c432",
	}}
	proxylessMobile   = design{stem: 32, features: 1280, act: ReLU6, stages: proxylessMobileStages(16, 32, 40, 80, 96, 192, 320)}
	proxylessMobile14 = design{stem: 48, features: 1792, act: ReLU6, stages: proxylessMobileStages(24, 40, 56, 112, 136, 256, 448)}

	shuffleNetHalf   = shuffleNetV2(48, 1024)
	shuffleNet       = shuffleNetV2(116, 1024)
	shuffleNetLarger = shuffleNetV2(176, 1024)
	shuffleNetDouble = shuffleNetV2(244, 2048)
)

// mobileSqueeze is the squeeze-and-excitation of MobileNetV3.
var mobileSqueeze = SqueezeExcite{OfExpanded: true, Divisor: 8, Activation: ReLU, HardGate: true}

func withHead(d design, features int) design {
	d.head, d.features = HeadConv, features
	return d
}

// proxylessMobileStages are those of ProxylessNAS for a phone, at two widths.
func proxylessMobileStages(c ...any) []string {
	return []string{
		fmt.Sprintf("ds_r1_k3_s1_c%d", c[0]),
		fmt.Sprintf("ir_r1_k5_s2_e3_c%d ir_r1_k3_s1_e3_c%[1]d id_r2", c[1]),
		fmt.Sprintf("ir_r1_k7_s2_e3_c%d ir_r1_k3_s1_e3_c%[1]d ir_r2_k5_s1_e3_c%[1]d", c[2]),
		fmt.Sprintf("ir_r1_k7_s2_e6_c%d ir_r3_k5_s1_e3_c%[1]d ir_r1_k5_s1_e6_c%[2]d ir_r3_k5_s1_e3_c%[2]d", c[3], c[4]),
		fmt.Sprintf("ir_r1_k7_s2_e6_c%d ir_r1_k7_s1_e6_c%[1]d ir_r2_k7_s1_e3_c%[1]d ir_r1_k7_s1_e6_c%[2]d", c[5], c[6]),
	}
}

// shuffleNetV2 is ShuffleNetV2 with so many channels in its first stage.
func shuffleNetV2(channels, features int) design {
	return design{stem: 24, stemPool: true, features: features, stages: []string{
		fmt.Sprintf("su_r4_k3_s2_c%d", channels),
		fmt.Sprintf("su_r8_k3_s2_c%d", 2*channels),
		fmt.Sprintf("su_r4_k3_s2_c%d", 4*channels),
	}}
}
