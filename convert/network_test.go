package convert

import (
	"testing"
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
