package pth_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixconv/mixconv/convert/torch/internal/pickle"
	"github.com/mixconv/mixconv/convert/torch/internal/pth"
	. "github.com/mixconv/mixconv/convert/torch/internal/pthtest"
	"github.com/mixconv/mixconv/internal/testdisk"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

// floats are the bytes of 0, 1, … n-1.
func floats(n int) string {
	var b []byte
	for i := range n {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(i)))
	}
	return string(b)
}

// load reads every tensor of a file whose value is a dictionary of tensors.
func load(data []byte, lim limit.Limits) ([]*tensor.Tensor, error) {
	return loadFrom(bytes.NewReader(data), int64(len(data)), lim)
}

func loadFrom(r io.ReaderAt, size int64, lim limit.Limits) ([]*tensor.Tensor, error) {
	f, err := pth.Open(r, size, lim)
	if err != nil {
		return nil, err
	}
	d, ok := f.Root.(*pickle.Dict)
	if !ok {
		return nil, nil
	}
	var wanted []*pth.Tensor
	for _, e := range d.Entries {
		if t, ok := e.Value.(*pth.Tensor); ok {
			wanted = append(wanted, t)
		}
	}
	return f.Load(wanted)
}

// TestViews has views of one storage of 0 to 11.
func TestViews(t *testing.T) {
	storage := Storage("FloatStorage", "0", 12)
	for _, c := range []struct {
		name         string
		offset       int
		size, stride []int
		want         []float32
	}{
		{"whole", 0, []int{12}, []int{1}, []float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
		{"matrix", 4, []int{2, 3}, []int{3, 1}, []float32{4, 5, 6, 7, 8, 9}},
		{"transposed", 0, []int{3, 2}, []int{1, 3}, []float32{0, 3, 1, 4, 2, 5}},
		{"steps", 1, []int{2, 2}, []int{6, 3}, []float32{1, 4, 7, 10}},
		{"overlapping", 0, []int{3, 2}, []int{1, 1}, []float32{0, 1, 1, 2, 2, 3}},
		{"expanded", 2, []int{2, 3}, []int{1, 0}, []float32{2, 2, 2, 3, 3, 3}},
		{"any stride of one", 11, []int{1, 1}, []int{99, 1 << 30}, []float32{11}},
		{"scalar", 5, nil, nil, []float32{5}},
		{"empty", 12, []int{0, 3}, []int{3, 1}, []float32{}},
		{"empty beyond", 1 << 30, []int{3, 0}, []int{1, 1}, []float32{}},
		{"channels last", 0, []int{1, 3, 2, 2}, []int{12, 1, 6, 3}, []float32{0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11}},
	} {
		got, err := load(File(t, Dict(Str("x"), Tensor(storage, c.offset, c.size, c.stride)), floats(12)), limit.Limits{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if diff := cmp.Diff([]*tensor.Tensor{tensor.Of(c.want, c.size...)}, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// TestSharing has two views of a storage, and one tensor under two names.
func TestSharing(t *testing.T) {
	storage := Storage("FloatStorage", "0", 4)
	view := func(offset int) string { return Tensor(storage, offset, []int{2}, []int{1}) }
	got, err := load(File(t, Dict(Str("a"), view(0)+"q\x01", Str("b"), view(2), Str("c"), "h\x01"), floats(4)), limit.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	a, b := tensor.Of([]float32{0, 1}, 2), tensor.Of([]float32{2, 3}, 2)
	if diff := cmp.Diff([]*tensor.Tensor{a, b, a}, got); diff != "" {
		t.Error(diff)
	}
	if got[0] != got[2] {
		t.Error("one tensor became two")
	}
}

// TestUnwanted: the elements of tensors that nobody asks for are not read.
func TestUnwanted(t *testing.T) {
	view := Tensor(Storage("FloatStorage", "0", 1), 0, []int{1}, []int{1})
	data := File(t, Dict(Str("a"), view), floats(1))
	at := bytes.Index(data, []byte("a/data/0"))
	data[at+8] ^= 1 // the CRC of the storage is wrong now
	f, err := pth.Open(bytes.NewReader(data), int64(len(data)), limit.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Load(nil); err != nil {
		t.Error(err)
	}
	if _, err := load(data, limit.Limits{}); err == nil || !strings.Contains(err.Error(), "CRC-32") {
		t.Errorf("%v, want a wrong sum", err)
	}
}

func TestByteOrder(t *testing.T) {
	value := Pickle(Dict(Str("a"), Tensor(Storage("ShortStorage", "0", 2), 0, []int{2}, []int{1})))
	for order, want := range map[string][]int16{"little": {0x0201, 0x0403}, "big": {0x0102, 0x0304}} {
		data := Zip(t, "x/data.pkl", value, "x/byteorder", order, "x/data/0", "\x01\x02\x03\x04")
		got, err := load(data, limit.Limits{})
		if err != nil {
			t.Error(err)
		} else if diff := cmp.Diff([]*tensor.Tensor{tensor.Of(want, 2)}, got); diff != "" {
			t.Error(diff)
		}
	}
	data := Zip(t, "x/data.pkl", value, "x/byteorder", "middle", "x/data/0", "1234")
	if _, err := load(data, limit.Limits{}); err == nil || !strings.Contains(err.Error(), "allowed little and big") {
		t.Error(err)
	}
}

// TestOpaque has what trainers keep beside the weights.
func TestOpaque(t *testing.T) {
	dtype := Call(Global("numpy", "dtype"), Str("f8"), "\x89", "\x88") + Tuple(Int(3), Str("<"), "NNN", Int(-1), Int(-1), Int(0)) + "b"
	raw := Call(Global("_codecs", "encode"), Str("abcdefgh"), Str("latin1"))
	value := Dict(
		Str("args"), Global("argparse", "Namespace")+")\x81"+Dict(Str("lr"), Int(1))+"b",
		Str("metric"), Call(Global("numpy.core.multiarray", "scalar"), dtype, raw),
		Str("history"), Call(Global("collections", "defaultdict"), Global("__builtin__", "list"))+"("+Str("x")+"]u",
		Str("size"), Call(Global("torch", "Size"), Ints(1, 2)),
		Str("class"), Global("somebody", "Else"),
		Str("parameter"), Call(Global("torch._utils", "_rebuild_parameter"),
			Tensor(Storage("FloatStorage", "0", 1), 0, nil, nil), "\x88", "N"),
	)
	got, err := load(File(t, value, floats(1)), limit.Limits{})
	if err != nil || len(got) != 1 {
		t.Errorf("%d tensors, %v", len(got), err)
	}
}

// TestErrors has files that lie, or that want code to be run.
func TestErrors(t *testing.T) {
	storage := Storage("FloatStorage", "0", 4)
	tensor1 := func(offset int, size, stride []int) string { return Tensor(storage, offset, size, stride) }
	id := func(parts ...string) string { return Tuple(parts...) + "Q" }
	rebuild := Global("torch._utils", "_rebuild_tensor_v2")
	huge := make([]int, 65)
	for _, c := range []struct{ name, value, want string }{
		{"os.system", Call(Global("os", "system"), Str("touch pwned")), "REDUCE: would call os.system: refused"},
		{"eval", Call(Global("builtins", "eval"), Str("1")), "would call builtins.eval: refused"},
		{"object", Global("subprocess", "Popen") + ")\x81", "would make an object of subprocess.Popen: refused"},
		{"a model", Global("timm.models.efficientnet", "EfficientNet") + ")\x81}b", "save a state_dict, not a model"},
		{"OrderedDict by NEWOBJ", Global("collections", "OrderedDict") + ")\x81", "would make an object of collections.OrderedDict"},
		{"sparse", Call(Global("torch._utils", "_rebuild_sparse_tensor")), "would call torch._utils._rebuild_sparse_tensor"},
		{"bytes as storage", Call(Global("torch.storage", "_load_from_bytes"), Str("x")), "would call torch.storage._load_from_bytes"},
		{"size", tensor1(0, []int{5}, []int{1}), "reach beyond the 4 elements of storage 0"},
		{"offset", tensor1(4, []int{1}, []int{1}), "offset 4 reach beyond"},
		{"stride", tensor1(0, []int{2}, []int{4}), "stride [4] and offset 0 reach beyond"},
		{"overflow", tensor1(0, []int{1 << 30, 1 << 30, 1 << 30}, []int{0, 0, 0}), "dimensions overflow"},
		{"strides overflow", tensor1(0, []int{1 << 15, 1 << 15, 1 << 15}, []int{1<<31 - 1, 1<<31 - 1, 1<<31 - 1}), "reach beyond"},
		{"negative offset", tensor1(-1, []int{1}, []int{1}), "the tensor's storage offset is -1"},
		{"negative size", tensor1(0, []int{-1}, []int{1}), "the tensor's size is a tuple"},
		{"negative stride", tensor1(3, []int{2}, []int{-1}), "the tensor's stride is a tuple"},
		{"ranks differ", tensor1(0, []int{1}, nil), "the tensor's stride is"},
		{"rank 65", tensor1(0, huge, huge), "the tensor's size is"},
		{"no storage", Tensor("N", 0, nil, nil), "the tensor's storage is None"},
		{"no arguments", Call(rebuild), "0 arguments, allowed 6 to 7"},
		{"text as size", Call(rebuild, storage, Int(0), Str("x"), ")", "\x89", "N"), "the tensor's size is a string"},
		{"negated", Call(rebuild, storage, Int(0), ")", ")", "\x89", "N", Dict(Str("neg"), "\x88")), `marked "neg"`},
		{"no parameter", Call(Global("torch._utils", "_rebuild_parameter"), "N", "N", "N"), "a parameter of None"},
		{"dtype", Call(Global("torch._utils", "_rebuild_tensor_v3"), storage, Int(0), ")", ")", "\x89", "N", Global("torch", "quint4x2")), "element type is the name torch.quint4x2"},
		{"filled OrderedDict", Call(Global("collections", "OrderedDict"), List(Tuple("N", "N"))), "allowed is an empty one"},
		{"OrderedDict of two", Call(Global("collections", "OrderedDict"), "N", "N"), "2 arguments, allowed 0 to 1"},
		{"size of nothing", Call(Global("torch", "Size")), "0 arguments, allowed 1 to 1"},
		{"size of an integer", Call(Global("torch", "Size"), Int(1)), "made from an integer, allowed is a tuple"},
		{"first form", Call(Global("torch._utils", "_rebuild_tensor"), storage), "1 arguments, allowed 4 to 4"},
		{"third form", Call(Global("torch._utils", "_rebuild_tensor_v3"), storage), "1 arguments, allowed 7 to 8"},
		{"metadata", Call(rebuild, storage, Int(0), ")", ")", "\x89", "N", Str("x")), "the tensor's metadata is a string, allowed is a dictionary"},
		{"metadata of the third form", Call(Global("torch._utils", "_rebuild_tensor_v3"), storage, Int(0), ")", ")", "\x89", "N", Global("torch", "float32"), Str("x")), "the tensor's metadata is a string"},
		{"parameter of one", Call(Global("torch._utils", "_rebuild_parameter"), "N"), "1 arguments, allowed 3 to 3"},
		{"class as text", id(Str("storage"), Str("x"), Str("0"), Str("cpu"), Int(4)), "the storage's class is a string, allowed is a name"},
		{"class", id(Str("storage"), Global("torch", "OddStorage"), Str("0"), Str("cpu"), Int(4)), "class is torch.OddStorage"},
		{"quantised", id(Str("storage"), Global("torch", "QInt8Storage"), Str("0"), Str("cpu"), Int(4)), "a quantised tensor (QInt8Storage)"},
		{"class elsewhere", id(Str("storage"), Global("os", "FloatStorage"), Str("0"), Str("cpu"), Int(4)), "class is os.FloatStorage"},
		{"short ID", id(Str("storage")), "no tuple of"},
		{"module", id(Str("module"), "N", "N", "N", "N"), "no tuple of"},
		{"key", id(Str("storage"), Global("torch", "FloatStorage"), Int(0), Str("cpu"), Int(4)), "key is an integer"},
		{"location", id(Str("storage"), Global("torch", "FloatStorage"), Str("0"), "N", Int(4)), "location of storage 0 is None"},
		{"elements", id(Str("storage"), Global("torch", "FloatStorage"), Str("0"), Str("cpu"), "N"), "size of storage 0 is None"},
		{"negative elements", Storage("FloatStorage", "0", -4), "dimension 0 is -4"},
		{"missing storage", Storage("FloatStorage", "../../x", 4), "no member a/data/../../x"},
		{"short storage", Storage("FloatStorage", "0", 5), "5 elements of float32 take 20 bytes, the member a/data/0 has 16"},
		{"two types", Tuple(storage, Storage("IntStorage", "0", 4)), "4 elements of int32 here, 4 of float32 before"},
	} {
		_, err := load(File(t, Dict(Str("x"), c.value), floats(4)), limit.Limits{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "offset 0x") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

func TestArchives(t *testing.T) {
	value := Pickle("}")
	for _, c := range []struct {
		name    string
		members []string
		want    string
	}{
		{"no data.pkl", []string{"a/x", ""}, "0 members named FOLDER/data.pkl"},
		{"no folder", []string{"data.pkl", value}, "0 members"},
		{"two data.pkl", []string{"a/data.pkl", value, "b/data.pkl", value}, "2 members"},
		{"TorchScript", []string{"a/data.pkl", value, "a/constants.pkl", value}, "a TorchScript program"},
		{"after STOP", []string{"a/data.pkl", value + "N"}, "1 bytes after the opcode STOP"},
	} {
		if _, err := load(Zip(t, c.members...), limit.Limits{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// TestBudget: strides of 0 make any size of a small storage.
func TestBudget(t *testing.T) {
	view := func(n int) string { return Tensor(Storage("FloatStorage", "0", 1), 0, []int{n}, []int{0}) }
	if _, err := load(File(t, Dict(Str("a"), view(1000)), floats(1)), limit.Limits{}); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]struct {
		value string
		lim   limit.Limits
	}{
		"one":     {Dict(Str("a"), view(1<<30-1)), limit.Limits{}},
		"several": {Dict(Str("a"), view(6<<20), Str("b"), view(6<<20), Str("c"), view(6<<20)), limit.Limits{}},
		"tensor":  {Dict(Str("a"), view(1000)), limit.Limits{TensorBytes: 3999}},
		"total":   {Dict(Str("a"), view(1000)), limit.Limits{TotalBytes: 3999}},
	} {
		if _, err := load(File(t, c.value, floats(1)), c.lim); err == nil || !strings.Contains(err.Error(), "bytes, allowed") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// legacy is a legacy file of one value; rest is what follows its pickle.
func legacy(value, rest string) []byte {
	magic := "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
	system := Pickle(Dict(Str("little_endian"), "\x88"))
	return []byte(magic + Pickle("M\xe9\x03") + system + Pickle(value) + rest)
}

func TestLegacy(t *testing.T) {
	storage := func(view string) string {
		return Tuple(Str("storage"), Global("torch", "FloatStorage"), Str("k"), Str("cpu"), Int(2), view) + "Q"
	}
	value := Dict(Str("a"), Tensor(storage("N"), 1, []int{1}, []int{1}))
	keys := Pickle(List(Str("k")))
	const count = "\x02\x00\x00\x00\x00\x00\x00\x00"
	got, err := load(legacy(value, keys+count+floats(2)), limit.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]*tensor.Tensor{tensor.Of([]float32{1}, 1)}, got); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct{ name, value, rest, want string }{
		{"call", Call(Global("os", "system"), Str("x")), "", "would call os.system: refused"},
		{"call in the keys", value, Pickle(Call(Global("collections", "OrderedDict"))), "would call collections.OrderedDict"},
		{"view", Dict(Str("a"), Tensor(storage(Tuple(Str("v"), Int(0), Int(1))), 0, nil, nil)), keys, "is a view of another"},
		{"no keys", value, Pickle("]"), "no list of the 1 storages"},
		{"another key", value, Pickle(List(Str("z"))), "z is not in what was saved"},
		{"short", value, keys + count + floats(1), "8 bytes and their count, 12 are left"},
		{"cut count", value, keys + "\x02", "1 are left"},
		{"wrong count", value, keys + "\x03" + count[1:] + floats(2), "3 elements, the pickle says 2"},
		{"long", value, keys + count + floats(3), "4 bytes after the last storage"},
	} {
		_, err := load(legacy(c.value, c.rest), limit.Limits{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "offset 0x") {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	magic, version := string(legacy("N", "")[:15]), Pickle("M\xe9\x03")
	for _, c := range []struct{ name, data, want string }{
		{"not torch.save's", Pickle("N"), ""},
		{"one byte", "\x80", ""},
		{"other version", magic + Pickle("M\xea\x03"), "protocol version: not 1001"},
		{"no version", magic + "\x80", "offset 0xf"},
		{"list as system", magic + version + Pickle("]"), "system: a list, allowed is a dictionary"},
		{"persistent ID as system", magic + version + Pickle(Int(1)+"Q"), "a persistent ID, allowed are plain values"},
		{"no system", magic + version, "ends without the opcode STOP"},
	} {
		if _, err := load([]byte(c.data), limit.Limits{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// TestDiskFails: an error of the file comes through, whatever was read when it came.
func TestDiskFails(t *testing.T) {
	id := Tuple(Str("storage"), Global("torch", "FloatStorage"), Str("k"), Str("cpu"), Int(2), "N") + "Q"
	many := Storage("FloatStorage", "0", 20_000)
	for name, data := range map[string][]byte{
		"zip":    File(t, Dict(Str("x"), Tensor(many, 0, []int{20_000}, []int{1})), floats(20_000)),
		"order":  Zip(t, "a/data.pkl", Pickle(Dict(Str("x"), Tensor(many, 0, []int{20_000}, []int{1}))), "a/byteorder", "little", "a/data/0", floats(20_000)),
		"legacy": legacy(Dict(Str("a"), Tensor(id, 1, []int{1}, []int{1})), Pickle(List(Str("k")))+"\x02\x00\x00\x00\x00\x00\x00\x00"+floats(2)),
	} {
		testdisk.EachRead(t, name, data, func(r io.ReaderAt, size int64) error {
			_, err := loadFrom(r, size, limit.Limits{})
			return err
		})
	}
}

func FuzzPth(f *testing.F) {
	for _, pattern := range []string{"pytorch/*.pth", "bad/*.pth"} {
		files, _ := filepath.Glob("../../testdata/" + pattern)
		for _, path := range files {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data, false)
		}
	}
	f.Add([]byte(Pickle(Dict(Str("a"), Tensor(Storage("FloatStorage", "0", 4), 0, []int{2, 2}, []int{1, 2})))), true)
	f.Fuzz(func(t *testing.T, data []byte, wrap bool) {
		if wrap { // data is the pickle: the sums of an archive would stop most changes
			data = Zip(t, "a/data.pkl", string(data), "a/data/0", floats(4))
		}
		tensors, err := load(data, limit.Limits{TensorBytes: 1 << 20, TotalBytes: 4 << 20, Messages: 10_000})
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Fatalf("not one line: %q", err)
		}
		for _, x := range tensors {
			if n, _, err := tensor.Size(x.DType, x.Shape); err != nil || int(n) != x.Elements() {
				t.Fatalf("shape %v: %v", x.Shape, err)
			}
		}
	})
}
