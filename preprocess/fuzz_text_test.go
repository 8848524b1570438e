package preprocess

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/metadata"
)

// FuzzLabels: labels have names, and as a JSON list they are the same again.
func FuzzLabels(f *testing.F) {
	for _, seed := range []string{"tench\ngoldfish\n", "\ufefftench\r\ngoldfish", `["tench","goldfish"]`, `{"1":"goldfish","0":"tench"}`, "[", "{}", "a\n\nb"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		labels, err := ParseLabels(data, limit.Limits{NameBytes: 100})
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than a line: %q", err)
			}
			return
		}
		for i, label := range labels {
			if label == "" || label != strings.TrimSpace(label) || len(label) > 100 {
				t.Errorf("class %d is %q", i, label)
			}
		}
		list, err := json.Marshal(labels)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := ParseLabels(list, limit.Limits{NameBytes: 100}); err != nil || !slices.Equal(again, labels) {
			t.Errorf("%q is read as %q, %v", labels, again, err)
		}
	})
}

// FuzzMetadata: what is accepted can be used, and is written as it is read.
func FuzzMetadata(f *testing.F) {
	for _, c := range []Config{ImageNet(Torch, 224), ImageNet(TensorFlow, 380)} {
		m := c.Metadata()
		f.Add(m[metadata.PreprocessKind], m[metadata.PreprocessSize], m[metadata.PreprocessCrop], m[metadata.PreprocessInterpolation], m[metadata.PreprocessMean], m[metadata.PreprocessStd])
	}
	f.Add("torch", "1e9", "NaN", "bicubic", "0,0", "0,0,0")
	f.Add("torch", "-1", "0x1p-1074", "box", "Inf,0,0", "1,1,1e-320")
	f.Fuzz(func(t *testing.T, kind, size, crop, interpolation, mean, std string) {
		values := map[string]string{
			metadata.PreprocessKind: kind, metadata.PreprocessSize: size, metadata.PreprocessCrop: crop,
			metadata.PreprocessInterpolation: interpolation, metadata.PreprocessMean: mean, metadata.PreprocessStd: std,
		}
		look := func(key string) (string, bool) { v, ok := values[key]; return v, ok }
		c, err := FromMetadata(look)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than a line: %q", err)
			}
			return
		}
		if err := c.Check(); err != nil {
			t.Errorf("%+v is accepted, but %v", c, err)
		}
		values = c.Metadata()
		if again, err := FromMetadata(look); err != nil || again != c {
			t.Errorf("%+v is read as %+v, %v", c, again, err)
		}
	})
}
