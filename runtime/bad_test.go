package runtime

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
)

// runs are the files of the collection that are odd but right.
var runs = map[string]bool{
	"control.onnx":     true,
	"if_depth_12.onnx": true,
	"nan_weights.onnx": true, // NaN goes through to the logits
	"bn_negvar.onnx":   true, // a negative variance gives NaN
	"w_out_0.onnx":     true, // no output channels: an empty result
	"not_sorted.onnx":  true, // nodes are sorted
}

// TestBadModels: every broken file of the collection is refused by both
// engines with one line, at the latest when a session is made.
func TestBadModels(t *testing.T) {
	sameEverywhere(t)
	files, err := filepath.Glob("../onnx/testdata/bad/*.onnx")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	// constshape_2e28 asks for 1 GiB, which the default limits allow.
	limits := limit.Limits{TensorBytes: 64 << 20}
	for _, file := range files {
		for _, e := range []Engine{Planned, Reference} {
			s, err := Load(file, Options{Engine: e, Limits: limits})
			if err == nil {
				_, err = s.Run(context.Background(), randomInput(s, 1, 1))
			}
			name := filepath.Base(file)
			if runs[name] {
				if err != nil {
					t.Errorf("%s %v: %v", name, e, err)
				}
				continue
			}
			var format *errs.FormatError
			var unsupported *errs.UnsupportedError
			if !errors.As(err, &format) && !errors.As(err, &unsupported) && !strings.HasPrefix(name, "constshape") {
				t.Errorf("%s %v: %v, want a FormatError or an UnsupportedError", name, e, err)
			}
			if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), name) {
				t.Errorf("%s %v: %q, want one line with the file's name", name, e, err)
			}
		}
	}
}
