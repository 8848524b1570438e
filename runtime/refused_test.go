package runtime

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// refused has the models of testdata/refused, a folder a kind of fault, and a part
// of what must be said of each. ONNX Runtime refuses them too.
var refused = map[string]string{
	"maxroipool/picture-out-of-range":    "input 1 (rois): region 1 is of picture 2, X has 2",
	"panics/roialign_fold_nan":           "input 1 (rois): element 2 is NaN, allowed are finite numbers",
	"panics/roialign_runtime_rois":       "input 1 (rois): element 2 is NaN, allowed are finite numbers",
	"silent/einsum_diag_mismatch":        "attribute equation: a is 1 and 3",
	"silent/init_dtype_mismatch_input":   "declared int64 [2], its initializer is float32 [2]",
	"silent/init_shape_mismatch_input":   "declared float32 [5], its initializer is float32 [2]",
	"silent/loop_body_input_wrong_type":  "of the body: declared int64, given float32",
	"silent/maxpool_indices_3out":        "attribute storage_order: 7, allowed 0, 1",
	"silent/loop_body_output_wrong_type": "of the body: declared int64, computed float32",
	"silent/if_branch_output_wrong_type": "of the body: declared int64, computed float32",
	"silent/scan_body_input_wrong_type":  "of the body: declared int64, given float32",
	"silent/value_info_wrong_type":       "declared int64, computed float32",
	"silent/output_wrong_type":           "declared int64, computed float32",
}

// TestRefused: both engines refuse what is wrong in one line, when it is loaded or,
// where that is seen only in the values of NAME.input.npz, when it runs.
func TestRefused(t *testing.T) {
	files, err := filepath.Glob("testdata/refused/*/*.onnx")
	if err != nil || len(files) != len(refused) {
		t.Fatalf("%d files, %d of them listed, %v", len(files), len(refused), err)
	}
	for name, text := range refused {
		path := filepath.Join("testdata/refused", name)
		for _, e := range []Engine{Planned, Reference} {
			s, err := Load(path+".onnx", Options{Engine: e})
			if _, none := os.Stat(path + ".input.npz"); err == nil && none == nil {
				_, err = s.Run(context.Background(), readArrays(t, path+".input.npz"))
			}
			if err == nil || !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s, %v: %v, want %q", name, e, err, text)
			}
		}
	}
}
