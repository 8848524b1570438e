package mixconv_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf"
	"github.com/mixconv/mixconv/internal/testenv"
)

// conversions are five of different kinds; the files that they give are the
// same bytes on every machine. CI runs this test for amd64 at two levels and
// for arm64.
var conversions = []struct {
	name string
	path string // below testdata, or below MIXCONV_REFS if refs
	refs bool
	o    convert.Options
}{
	{"digits-split", "digits", false, convert.Options{ImageSize: 64}},
	{"digits-raw-fused-batchnorms", "digits", false, convert.Options{ImageSize: 64, EMA: "off", MDConv: convert.Fused, KeepBN: true, Opset: 21}},
	{"mixnet-s-fused", "tf/mixnet-s", true, convert.Options{MDConv: convert.Fused}},
	{"mixnet-m-split-dynamic", "tf/mixnet-m", true, convert.Options{ImageSize: convert.Dynamic, Opset: 13}},
	{"mixnet-m-frozen-fused", "tf/mixnet-m-w050-frozen/frozen.pb", true, convert.Options{MDConv: convert.Fused, Batch: 4, Opset: 28}},
}

func TestConversionBytes(t *testing.T) {
	for _, c := range conversions {
		t.Run(c.name, func(t *testing.T) {
			folder := "testdata"
			if c.refs {
				folder = testenv.Refs(t)
			}
			m, err := tf.Convert(filepath.Join(folder, c.path), c.o)
			if err != nil {
				t.Fatal(err)
			}
			data, err := m.Encode()
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(data)
			golden(t, filepath.Join("testdata", "conversions", c.name+".sha256"), fmt.Appendln(nil, hex.EncodeToString(sum[:])))
		})
	}
}
