package convert

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/metadata"
)

func named(t testing.TB, name string) Network {
	t.Helper()
	n, err := Named(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Check(); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestNetworkSizes compares with the counts of the official code (S, M, L) and
// of timm (XL, XXL: 11.90 and 23.96 million).
func TestNetworkSizes(t *testing.T) {
	for _, c := range []struct {
		name    string
		blocks  int
		trained int64
	}{
		{"mixnet-s", 16, 4_134_606},
		{"mixnet-m", 19, 5_014_382},
		{"mixnet-l", 19, 7_329_252},
		{"mixnet-xl", 23, 11_896_768},
		{"mixnet-xxl", 24, 23_961_752},
	} {
		n := named(t, c.name)
		if got := len(n.Expand()); got != c.blocks {
			t.Errorf("%s: %d blocks, want %d", c.name, got, c.blocks)
		}
		if got := n.TrainedParams(); got != c.trained {
			t.Errorf("%s: %d trained parameters, want %d", c.name, got, c.trained)
		}
	}
}

// TestTrainedParamsOfFeatures: what the metadata of a model says is what the
// model has, also of one that makes feature maps and so has no head.
func TestTrainedParamsOfFeatures(t *testing.T) {
	for _, name := range []string{"mixnet-s", "mixnet-m"} {
		n := named(t, name)
		for _, features := range []bool{false, true} {
			m, err := Lower(n, Random(n, 1), Options{ImageSize: 32, KeepBN: true, Features: features})
			if err != nil {
				t.Fatal(err)
			}
			var stored int64
			for _, p := range m.Proto.Graph.Initializer {
				if strings.HasSuffix(p.GetName(), ".mean") || strings.HasSuffix(p.GetName(), ".variance") {
					continue
				}
				w, err := m.Tensor(p)
				if err != nil {
					t.Fatal(err)
				}
				// MDConv has a bias of zeros where the network has none.
				if data, ok := w.Data.([]float32); ok && slices.ContainsFunc(data, func(v float32) bool { return v != 0 }) {
					stored += int64(len(data))
				}
			}
			said, _ := m.Metadata(metadata.TrainedParams)
			if said != strconv.FormatInt(stored, 10) || features == (stored == n.TrainedParams()) {
				t.Errorf("%s, features %t: the metadata says %s trained parameters, the model has %d, the network %d", name, features, said, stored, n.TrainedParams())
			}
		}
	}
}
