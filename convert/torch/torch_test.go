package torch_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/torch"
	. "github.com/mixconv/mixconv/convert/torch/internal/pthtest"
	"github.com/mixconv/mixconv/limit"
)

// badFiles says what the error about each file of testdata/bad says; "" where
// there is none: setitem_on_tensor.pth differs from control.pth in the archive
// alone.
var badFiles = map[string]string{
	"big_endian.npy": "", "control.npy": "", "control.npz": "", "control.pth": "", "control.safetensors": "", "fortran.npy": "",
	"setitem_on_tensor.pth": "",

	"data_long.npy":          "takes 4 bytes, the file has 8",
	"dotdot.npz":             `zip member ../../a.npy: the name contains ".."`,
	"dup_key.safetensors":    "offset 0x3e: JSON: the key a comes twice",
	"dup_name.npz":           "zip member a.npy: the name comes twice",
	"empty.safetensors":      "the file is empty",
	"f4_odd.safetensors":     "dtype is F4",
	"hdr_20k.npy":            "header length: 20052, allowed 10000",
	"hole.safetensors":       "data_offsets begin at 4, the tensor before ends at 0",
	"lead_space.safetensors": `header: begins with " {}", allowed {`,
	"len7.safetensors":       "not weights of PyTorch: this is text",
	"memo_miss.pth":          "archive/data.pkl offset 0x2: pickle opcode BINGET: the memo has no entry 255",
	"n_100mb.safetensors":    "header length: 100000001",
	"n_past_eof.safetensors": "header length: 1000",
	"no_eocd.npz":            "no end of central directory",
	"no_stop.pth":            "offset 0x3: pickle: ends without the opcode STOP",
	"not_object.safetensors": "header: begins with [], allowed {",
	"nul_pad.safetensors":    "text after the end",
	"overlap.safetensors":    "data_offsets begin at 4, the tensor before ends at 8",
	"reversed.safetensors":   "data_offsets are 8 to 0",
	"shape_2e64.npy":         "dimension 0 is no number from 0 to 2^63-1",
	"shape_float.npy":        "shape",
	"shape_neg.npy":          "shape",
	"shape_too_big.pth":      "size [2147483647], stride [1] and offset 0 reach beyond the 4 elements of storage 0",
	"shape_wrap.npy":         "overflow",
	"stack_under.pth":        "offset 0x2: pickle opcode REDUCE: takes 2 values from the stack, which has 0",
	"storage_short.pth":      "storage 0: 4 elements of float32 take 16 bytes, the member archive/data/0 has 4",
	"truncated.pth":          "no end of central directory",
	"ver9.npy":               "version: 9.0",
}

func TestBadFiles(t *testing.T) {
	files, err := os.ReadDir("testdata/bad")
	if err != nil || len(files) != len(badFiles) {
		t.Fatalf("%d files, want %d: %v", len(files), len(badFiles), err)
	}
	for _, f := range files {
		want, known := badFiles[f.Name()]
		path := filepath.Join("testdata", "bad", f.Name())
		_, err := torch.Read(path, convert.Options{})
		switch {
		case !known:
			t.Errorf("%s is not in the table", f.Name())
		case want == "" && err != nil:
			t.Errorf("%s: %v", f.Name(), err)
		case want != "":
			checkError(t, f.Name(), err, want)
			checkError(t, f.Name(), err, path+": ")
		}
	}
}

func checkError(t *testing.T, name string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: %v, want %s", name, err, want)
	}
}

// write writes files, alternately their names and data, to a new folder.
func write(t *testing.T, files ...string) string {
	t.Helper()
	folder := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(folder, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func testdata(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestMistaken has files of other kinds, and pickles that are no checkpoints.
func TestMistaken(t *testing.T) {
	one := Tensor(Storage("ByteStorage", "0", 1), 0, []int{1}, []int{1})
	for _, c := range []struct{ name, data, want string }{
		{"x.pth", "version v1 git-lfs\noid", "a git-lfs pointer"},
		{"x.pth", "<!DOCTYPE html>", "an HTML page"},
		{"x.safetensors", "<html>404</html>", "an HTML page"},
		{"x.pth", "\x1f\x8b\x08", "gzip"},
		{"x.pth", "hello", "not weights of PyTorch: this is text"},
		{"x.pth", "\x01\x02", "begins with 01 02, allowed"},
		{"x.pth", Pickle("N"), "not one of torch.save"},
		{"x.pth", string(File(t, "K\x01")), "checkpoint: an integer, allowed is a dictionary of tensors"},
		{"x.pth", string(File(t, "}")), "no tensors"},
		{"x.pth", string(File(t, one, "\x00")), "checkpoint: a tensor, allowed is a dictionary"},
		{"x.pth", string(File(t, "\x80\x02)"+strings.Repeat("\x85", 300_000))), "PROTO: comes again"},
		{"x.pth", string(File(t, ")"+strings.Repeat("\x85", 300_000))), "checkpoint: a tuple"},
		{"x.pth", string(File(t, "]q\x00h\x00a")), "checkpoint: a list"},
		{"x.pth", string(File(t, Dict(Str("a"), one, Str("b"), "K\x01"), "\x00")), "b is an integer, allowed are tensors"},
		{"x.pth", string(File(t, Dict("K\x01", one), "\x00")), "an integer as a key"},
		{"x.pth", string(File(t, Dict(Str("state_dict"), "K\x01"), "\x00")), "state_dict: an integer, allowed is a dictionary"},
		{"x.pth", string(File(t, Dict(Str("state_dict"), Dict(Str("a\nb"), "N")), "\x00")), `"a\nb" is None, allowed are tensors`},
		{"x.pth", string(File(t, Call(Global("os", "system"), Str("touch pwned")))), "REDUCE: would call os.system: refused"},
	} {
		folder := write(t, c.name, c.data)
		_, err := torch.Read(filepath.Join(folder, c.name), convert.Options{})
		checkError(t, c.name, err, c.want)
	}
}

func TestEMA(t *testing.T) {
	for _, c := range []struct{ file, ema, dictionary, err string }{
		{"trainer_ema.pth", "", "state_dict_ema", ""},
		{"trainer_ema.pth", "on", "state_dict_ema", ""},
		{"trainer_ema.pth", "off", "state_dict", ""},
		{"averaged.pth", "off", "model", ""},
		{"trainer.pth", "off", "state_dict", ""},
		{"trainer.pth", "on", "", "no averages are stored"},
		{"views.safetensors", "on", "", "no averages"},
		{"trainer.pth", "maybe", "", "allowed auto, on and off"},
	} {
		got, err := torch.Read(filepath.Join("testdata", "pytorch", c.file), convert.Options{EMA: c.ema})
		if c.err != "" {
			checkError(t, c.file, err, c.err)
			continue
		}
		if err != nil || got.Dictionary != c.dictionary || got.Averages != strings.HasSuffix(c.dictionary, "_ema") {
			t.Errorf("%s, %q: %+v, %v", c.file, c.ema, got, err)
		}
	}
	one := Tensor(Storage("ByteStorage", "0", 1), 0, []int{1}, []int{1})
	only := write(t, "x.pth", string(File(t, Dict(Str("model_ema"), Dict(Str("a"), one), Str("epoch"), Int(1)), "\x00")))
	if _, err := torch.Read(only, convert.Options{}); err != nil {
		t.Error(err)
	}
	_, err := torch.Read(only, convert.Options{EMA: "off"})
	checkError(t, "only averages", err, "only averages (key model_ema) are stored")
}

// TestPrefixes: a prefix is cut where every name has it, and nowhere else.
func TestPrefixes(t *testing.T) {
	one := Tensor(Storage("ByteStorage", "0", 1), 0, []int{1}, []int{1})
	for _, c := range []struct{ names, want, prefix string }{
		{"module.a module.b", "a b", "module."},
		{"module.a b", "module.a b", ""},
		{"_orig_mod.module.a", "a", "_orig_mod.module."},
		{"module._orig_mod.a", "a", "module._orig_mod."},
		{"n_averaged module.a", "a", "module."},
		{"n_averaged a", "n_averaged a", ""},
		{"module.", "module.", ""},
		{"model state_dict", "model state_dict", ""},
	} {
		var pairs []string
		for name := range strings.FieldsSeq(c.names) {
			pairs = append(pairs, Str(name), one)
		}
		got, err := torch.Read(write(t, "x.pth", string(File(t, Dict(pairs...), "\x00"))), convert.Options{})
		if err != nil {
			t.Error(err)
			continue
		}
		var names []string
		for _, n := range got.Tensors {
			names = append(names, n.Name)
		}
		if s := strings.Join(names, " "); s != c.want || got.Prefix != c.prefix {
			t.Errorf("%s: %s, prefix %q", c.names, s, got.Prefix)
		}
	}
}

func TestFolders(t *testing.T) {
	a, pth, st := testdata(t, "bad/control.npy"), testdata(t, "bad/control.pth"), testdata(t, "bad/control.safetensors")
	config := `{"architecture":"mixnet_s","num_classes":10}`
	for _, c := range []struct {
		name   string
		folder string
		file   string // "" for the folder itself
		format torch.Format
		config bool
	}{
		{"arrays", write(t, "b.weight.npy", a, "a.npy", a, "readme.txt", ""), "", torch.NpyFolder, false},
		{"hub", write(t, "model.safetensors", st, "pytorch_model.bin", pth, "config.json", config), "model.safetensors", torch.Safetensors, true},
		{"old hub", write(t, "pytorch_model.bin", pth, "training_args.bin", "?", "config.json", config), "pytorch_model.bin", torch.Pth, true},
		{"any name", write(t, "x.pth", pth, "config.json", config), "x.pth", torch.Pth, true},
		{"somebody else's", write(t, "x.pth", pth, "config.json", `{"model_type":"bert"}`), "x.pth", torch.Pth, false},
	} {
		got, err := torch.Read(c.folder, convert.Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got.File != filepath.Join(c.folder, c.file) || got.Format != c.format || (got.Config != nil) != c.config {
			t.Errorf("%s: %+v", c.name, got)
		}
		if read := slices.Contains(got.Files, filepath.Join(c.folder, "config.json")); !read && c.config || (c.file != "") != slices.Contains(got.Files, got.File) {
			t.Errorf("%s: files %q", c.name, got.Files)
		}
	}
	for name, folder := range map[string]string{
		"nothing": write(t), "two": write(t, "a.pth", pth, "b.pth", pth), "both": write(t, "a.pth", pth, "b.npy", a),
	} {
		_, err := torch.Read(folder, convert.Options{})
		checkError(t, name, err, "allowed is one file of weights, or .npy files alone")
	}
	_, err := torch.Read(write(t, "a.npy", a, "b.npy", a[:70-4]), convert.Options{})
	checkError(t, "short array", err, "b.npy: offset")
	_, err = torch.Read(write(t, "a.npy", a, "b.npy", a), convert.Options{Limits: limit.Limits{TotalBytes: 100}})
	checkError(t, "total", err, "more than the 100 bytes allowed")
	if _, err = torch.Read(filepath.Join(t.TempDir(), "none"), convert.Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestLinks: a folder's arrays are in the folder.
func TestLinks(t *testing.T) {
	a := testdata(t, "bad/control.npy")
	outside := write(t, "secret.npy", a)
	folder := write(t, "a.npy", a)
	if err := os.Symlink("a.npy", filepath.Join(folder, "b.npy")); err != nil {
		t.Skip(err)
	}
	if c, err := torch.Read(folder, convert.Options{}); err != nil || len(c.Tensors) != 2 {
		t.Errorf("%v, %v", c, err)
	}
	if err := os.Symlink(filepath.Join(outside, "secret.npy"), filepath.Join(folder, "c.npy")); err != nil {
		t.Fatal(err)
	}
	_, err := torch.Read(folder, convert.Options{})
	checkError(t, "link", err, "c.npy: a link that leads out of its folder")
	_, err = torch.Read(os.DevNull, convert.Options{})
	checkError(t, "device", err, "not a regular file")
}

func TestSHA256(t *testing.T) {
	a, b := testdata(t, "bad/control.npy"), testdata(t, "bad/fortran.npy")
	sum := func(text string) string {
		s := sha256.Sum256([]byte(text))
		return hex.EncodeToString(s[:])
	}
	for path, want := range map[string]string{
		"testdata/bad/control.pth":       sum(testdata(t, "bad/control.pth")),
		write(t, "b.npy", b, "a.npy", a): sum(a + b),
	} {
		if c, err := torch.Read(path, convert.Options{}); err != nil || c.SHA256 != want {
			t.Errorf("%s: %v", path, err)
		}
	}
}
