package torch

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/limit"
)

// FuzzIndex: the index of a sharded checkpoint names files in its own folder alone.
func FuzzIndex(f *testing.F) {
	for _, seed := range []string{`{"metadata":{"total_size":4},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}`,
		`{"weight_map":{"a":"../x"}}`, `{"weight_map":{}}`, `{"weight_map":{"a":"C:\\x"}}`, `{"weight_map":{"a":1}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		shardOf, err := parseIndex(text, limit.Limits{}.OrDefault())
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than a line: %q", err)
			}
			return
		}
		for name, file := range shardOf {
			if filepath.Base(file) != file || !filepath.IsLocal(file) {
				t.Errorf("tensor %q is in %q", name, file)
			}
		}
	})
}
