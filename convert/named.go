package convert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/errs"
)

// networks has one row per named network. S, M and L are the official ones; L
// is M made wider. XL and XXL are timm's, M made wider and deeper, where "r"
// has the repeats that timm's depth scaling by 1.2 and 1.3 arrives at.
var networks = []struct {
	name       string
	stem       int
	multiplier float64
	blocks     []string
}{
	{"mixnet-s", 16, 0, []string{
		"r1_k3_a1_p1_s11_e1_i16_o16",
		"r1_k3_a1.1_p1.1_s22_e6_i16_o24",
		"r1_k3_a1.1_p1.1_s11_e3_i24_o24",
		"r1_k3.5.7_a1_p1_s22_e6_i24_o40_se0.5_sw",
		"r3_k3.5_a1.1_p1.1_s11_e6_i40_o40_se0.5_sw",
		"r1_k3.5.7_a1_p1.1_s22_e6_i40_o80_se0.25_sw",
		"r2_k3.5_a1_p1.1_s11_e6_i80_o80_se0.25_sw",
		"r1_k3.5.7_a1.1_p1.1_s11_e6_i80_o120_se0.5_sw",
		"r2_k3.5.7.9_a1.1_p1.1_s11_e3_i120_o120_se0.5_sw",
		"r1_k3.5.7.9.11_a1_p1_s22_e6_i120_o200_se0.5_sw",
		"r2_k3.5.7.9_a1_p1.1_s11_e6_i200_o200_se0.5_sw",
	}},
	{"mixnet-m", 24, 0, mixnetM(1, 3)},
	{"mixnet-l", 24, 1.3, mixnetM(1, 3)},
	{"mixnet-xl", 24, 1.6, mixnetM(1, 4)},
	{"mixnet-xxl", 24, 2.4, mixnetM(2, 4)},
}

// mixnetM returns MixNet-M's blocks with the repeats that the larger networks
// change: those of its third block, and those of the last in each later stage.
func mixnetM(third, last int) []string {
	blocks := []string{
		"r1_k3_a1_p1_s11_e1_i24_o24",
		"r1_k3.5.7_a1.1_p1.1_s22_e6_i24_o32",
		"r%d_k3_a1.1_p1.1_s11_e3_i32_o32",
		"r1_k3.5.7.9_a1_p1_s22_e6_i32_o40_se0.5_sw",
		"r%d_k3.5_a1.1_p1.1_s11_e6_i40_o40_se0.5_sw",
		"r1_k3.5.7_a1_p1_s22_e6_i40_o80_se0.25_sw",
		"r%d_k3.5.7.9_a1.1_p1.1_s11_e6_i80_o80_se0.25_sw",
		"r1_k3_a1_p1_s11_e6_i80_o120_se0.5_sw",
		"r%d_k3.5.7.9_a1.1_p1.1_s11_e3_i120_o120_se0.5_sw",
		"r1_k3.5.7.9_a1_p1_s22_e6_i120_o200_se0.5_sw",
		"r%d_k3.5.7.9_a1_p1.1_s11_e6_i200_o200_se0.5_sw",
	}
	for i, repeats := range map[int]int{2: third, 4: last, 6: last, 8: last, 10: last} {
		blocks[i] = fmt.Sprintf(blocks[i], repeats)
	}
	return blocks
}

// Names lists the networks that Named knows, smallest first.
func Names() []string {
	names := make([]string, len(networks))
	for i, n := range networks {
		names[i] = n.name
	}
	return names
}

// Named returns a network by name, with 1000 classes and as TensorFlow's code
// has it: SAME padding, batch norm epsilon 1e-3.
func Named(name string) (Network, error) {
	i := slices.Index(Names(), name)
	if i < 0 {
		return Network{}, fmt.Errorf("network %s: unknown, allowed %s", errs.Quote(name), strings.Join(Names(), ", "))
	}
	row := networks[i]
	n := Network{
		Name: row.name, Stem: row.stem, FeatureSize: 1536, Classes: 1000,
		DepthMultiplier: row.multiplier, DepthDivisor: 8,
		BatchNormEpsilon: 1e-3,
	}
	for _, s := range row.blocks {
		b, err := ParseBlock(s)
		if err != nil {
			return Network{}, err
		}
		n.Blocks = append(n.Blocks, b)
	}
	return n, nil
}
