package verify_test

import (
	"testing"

	"github.com/mixconv/mixconv/verify"
)

// TestLibraryName: what timm and torchvision call the networks.
func TestLibraryName(t *testing.T) {
	for _, c := range []struct{ kind, name, want string }{
		{"timm", "mixnet-s", "tf_mixnet_s"},
		{"timm", "mixnet-l", "tf_mixnet_l"},
		{"timm", "mixnet_s", "mixnet_s"},
		{"timm", "tf_mixnet_m", "tf_mixnet_m"},
		{"timm", "vit-like", "vit-like"},
		{"torchvision", "torchvision_efficientnet_b0", "efficientnet_b0"},
		{"torchvision", "shufflenet_v2_x0_5", "shufflenet_v2_x0_5"},
	} {
		if got := verify.LibraryName(c.kind, c.name); got != c.want {
			t.Errorf("%s, %s: %s, want %s", c.kind, c.name, got, c.want)
		}
	}
}
