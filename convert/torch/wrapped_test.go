package torch

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/convert"
	. "github.com/mixconv/mixconv/convert/torch/internal/pthtest"
	"github.com/mixconv/mixconv/tensor"
)

const tinyArch = `name tiny
stem 8
features 16
classes 5
stage ds_r1_k3_s1_c8
stage ir_r1_k3.5_s2_e2_c12_se0.25`

// tiny is a network with raw weights and averages of them.
type tiny struct {
	network      convert.Network
	raw, average convert.Weights
}

func newTiny(t *testing.T) *tiny {
	t.Helper()
	n, err := convert.ParseArch([]byte(tinyArch))
	if err != nil {
		t.Fatal(err)
	}
	return &tiny{n, convert.Random(n, 1), convert.Random(n, 2)}
}

// arrays are weights of n under PyTorch's names.
func arrays(n convert.Network, w convert.Weights) []Array {
	var list []Array
	for _, p := range n.Params() {
		a := Array{Name: parameterName(p), Shape: p.Shape}
		if w != nil {
			a.Data = tensor.Data[float32](w[p.Role])
		}
		list = append(list, a)
	}
	return list
}

// writePth writes a .pth file of one value and two storages.
func writePth(t *testing.T, value string, storages ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w.pth")
	if err := os.WriteFile(path, File(t, value, storages...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// raw and average are pairs of a state_dict, behind a prefix.
type wrapping func(raw, average func(prefix string) []string) string

// one is a tensor of one element.
func one() string { return Tensor(Storage("FloatStorage", "0", 1), 0, []int{1}, []int{1}) }

func joined(lists ...[]string) string { return Dict(slices.Concat(lists...)...) }

// wrapped are checkpoints as trainers and libraries write them. What is
// expected are key and prefix of the raw weights and of their averages; "-"
// where there are none.
var wrapped = []struct {
	name         string
	raw, average string // key|prefix
	build        wrapping
}{
	{"plain", "|", "-", func(raw, _ func(string) []string) string { return joined(raw("")) }},
	{"plain with an epoch", "|", "-", func(raw, _ func(string) []string) string { return joined(raw(""), []string{Str("epoch"), Int(3)}) }},
	{"tutorials", "model_state_dict|", "-", func(raw, _ func(string) []string) string {
		return Dict(Str("epoch"), Int(1), Str("model_state_dict"), joined(raw("")))
	}},
	{"a teacher", "teacher|", "-", func(raw, _ func(string) []string) string { return Dict(Str("teacher"), joined(raw(""))) }},
	{"any key", "my best weights|", "-", func(raw, _ func(string) []string) string {
		return Dict(Str("my best weights"), joined(raw("")), Str("loss"), Int(1))
	}},
	{"optimizer beside", "net|", "-", func(raw, _ func(string) []string) string {
		return Dict(Str("net"), joined(raw("")), Str("optimizer"), Dict(Str("state"), Dict(Int(0), Dict(Str("exp_avg"), one(), Str("step"), one()))))
	}},
	{"Lightning", "state_dict|model.", "-", func(raw, _ func(string) []string) string { return Dict(Str("state_dict"), joined(raw("model."))) }},
	{"a wrapper of one's own", "|timm_model.", "-", func(raw, _ func(string) []string) string { return joined(raw("timm_model.")) }},
	{"several wrappers", "model|_orig_mod.module.model.backbone.", "-", func(raw, _ func(string) []string) string {
		return Dict(Str("model"), joined(raw("_orig_mod.module.model.backbone.")))
	}},
	{"three deep", "a.b.c|x.", "-", func(raw, _ func(string) []string) string {
		return Dict(Str("a"), Dict(Str("b"), Dict(Str("c"), joined(raw("x.")))))
	}},
	{"timm", "state_dict|", "state_dict_ema|", func(raw, average func(string) []string) string {
		return Dict(Str("state_dict"), joined(raw("")), Str("state_dict_ema"), joined(average("")))
	}},
	{"torchvision", "model|module.", "model_ema|module.", func(raw, average func(string) []string) string {
		return Dict(Str("model"), joined(raw("module.")), Str("model_ema"), joined([]string{Str("n_averaged"), one()}, average("module.")))
	}},
	{"ema", "model|", "ema|", func(raw, average func(string) []string) string {
		return Dict(Str("model"), joined(raw("")), Str("ema"), joined(average("")))
	}},
	{"ema_state_dict", "model|", "ema_state_dict|", func(raw, average func(string) []string) string {
		return Dict(Str("model"), joined(raw("")), Str("ema_state_dict"), joined(average("")))
	}},
	{"BasicSR", "params|", "params_ema|", func(raw, average func(string) []string) string {
		return Dict(Str("params"), joined(raw("")), Str("params_ema"), joined(average("")))
	}},
	{"averages alone", "-", "params_ema|", func(_, average func(string) []string) string { return Dict(Str("params_ema"), joined(average(""))) }},
	{"shadow", "model|", "ema.shadow|", func(raw, average func(string) []string) string {
		return Dict(Str("model"), joined(raw("")), Str("ema"), Dict(Str("decay"), Int(1), Str("shadow"), joined(average(""))))
	}},
	{"AveragedModel alone", "-", "|module.", func(_, average func(string) []string) string {
		return joined([]string{Str("n_averaged"), one()}, average("module."))
	}},
	{"AveragedModel of a wrapped one", "-", "averaged_model|module.model.", func(_, average func(string) []string) string {
		return Dict(Str("averaged_model"), joined([]string{Str("n_averaged"), one()}, average("module.model.")))
	}},
	{"AveragedModel under any key", "net|", "other|module.", func(raw, average func(string) []string) string {
		return Dict(Str("net"), joined(raw("")), Str("other"), joined([]string{Str("n_averaged"), one()}, average("module.")))
	}},
	{"SWA", "state_dict|", "swa_state_dict|", func(raw, average func(string) []string) string {
		return Dict(Str("state_dict"), joined(raw("")), Str("swa_state_dict"), joined(average("")))
	}},
	{"Lightning with an averaged module", "state_dict|model.", "state_dict|ema_model.module.", func(raw, average func(string) []string) string {
		return Dict(Str("state_dict"), joined(raw("model."), []string{Str("ema_model.n_averaged"), one()}, average("ema_model.module.")))
	}},
	{"Lightning's callback", "state_dict|model.", "callbacks.EMACallback{'decay': 0.99}.state_dict|", func(raw, average func(string) []string) string {
		return Dict(Str("state_dict"), joined(raw("model.")), Str("callbacks"), Dict(Str("EMACallback{'decay': 0.99}"), Dict(Str("state_dict"), joined(average("")))))
	}},
	{"Lightning's WeightAveraging", "current_model_state|model.", "state_dict|model.", func(raw, average func(string) []string) string {
		return Dict(Str("state_dict"), joined(average("model.")), Str("current_model_state"), joined(raw("model.")), Str("averaging_state"), Dict(Str("n_averaged"), one()))
	}},
	{"ema-pytorch", "|online_model.", "|ema_model.", func(raw, average func(string) []string) string {
		return joined(raw("online_model."), average("ema_model."), []string{Str("initted"), one(), Str("step"), one()})
	}},
	{"Ultralytics and others", "model|", "modelEMA|", func(raw, average func(string) []string) string {
		return Dict(Str("model"), joined(raw("")), Str("modelEMA"), joined(average("")))
	}},
}

func TestWrapped(t *testing.T) {
	net := newTiny(t)
	for _, c := range wrapped {
		_, rawBytes := State("0", "", arrays(net.network, net.raw))
		_, averageBytes := State("1", "", arrays(net.network, net.average))
		value := c.build(func(prefix string) []string {
			pairs, _ := State("0", prefix, arrays(net.network, net.raw))
			return pairs
		}, func(prefix string) []string {
			pairs, _ := State("1", prefix, arrays(net.network, net.average))
			return pairs
		})
		value = strings.ReplaceAll(value, Storage("FloatStorage", "0", 1), Storage("FloatStorage", "2", 1))
		path := writePth(t, value, rawBytes, averageBytes, "\x00\x00\x80\x3f")
		for _, ema := range []string{"auto", "on", "off"} {
			want, weights := c.average, net.average
			if ema == "off" || ema == "auto" && c.average == "-" {
				want, weights = c.raw, net.raw
			}
			s, err := Load(path, convert.Options{EMA: ema, Network: &net.network})
			if want == "-" {
				if err == nil || !strings.Contains(err.Error(), "averages") {
					t.Errorf("%s, %s: %v", c.name, ema, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s, %s: %v", c.name, ema, err)
				continue
			}
			if got := s.Key + "|" + s.Prefix; got != want || s.Averages != (want == c.average) || len(s.Notes) > 0 {
				t.Errorf("%s, %s: %s, averages %v, notes %q, want %s", c.name, ema, got, s.Averages, s.Notes, want)
			}
			requireWeights(t, c.name+", "+ema, s.Weights, weights)
		}
	}
}

func requireWeights(t *testing.T, name string, got, want convert.Weights) {
	t.Helper()
	for role, w := range want {
		if g := got[role]; g == nil || !slices.Equal(tensor.Data[float32](g), tensor.Data[float32](w)) {
			t.Errorf("%s: %s is another tensor", name, role)
			return
		}
	}
}

// TestSelected: what is ambiguous, or has others beside it, --key and --prefix
// choose.
func TestSelected(t *testing.T) {
	net := newTiny(t)
	raw, rawBytes := State("0", "", arrays(net.network, net.raw))
	other, otherBytes := State("1", "", arrays(net.network, net.average))
	behind := func(key, prefix string, w convert.Weights) []string {
		pairs, _ := State(key, prefix, arrays(net.network, w))
		return pairs
	}
	extra := []string{Str("criterion.weight"), Tensor(Storage("FloatStorage", "0", len(rawBytes)/4), 0, []int{2}, []int{1})}
	two := Dict(Str("student"), joined(raw), Str("teacher"), joined(other))
	both := Dict(Str("state_dict"), joined(behind("0", "student.", net.raw), behind("1", "teacher.", net.average)))
	beside := Dict(Str("state_dict"), joined(behind("0", "model.", net.raw), extra))
	twice := Dict(Str("model"), joined(raw), Str("state_dict"), joined(raw))
	for _, c := range []struct {
		name, value, key, prefix string
		want                     convert.Weights
		err                      string
	}{
		{"two", two, "", "", nil, "which weights? Several sets of tensors fit: key student; key teacher: --key and --prefix choose one"},
		{"two", two, "teacher", "", net.average, ""},
		{"two", two, "student", "", net.raw, ""},
		{"two", two, "nobody", "", nil, "no dictionary of tensors at key nobody, found student, teacher"},
		{"two", two, "student", "model", nil, "no tensor whose name begins with model., the first is "},
		{"two prefixes", both, "", "", nil, "key state_dict with prefix student.; key state_dict with prefix teacher."},
		{"two prefixes", both, "", "teacher", net.average, ""},
		{"two prefixes", both, "state_dict", "student.", net.raw, ""},
		{"beside", beside, "", "", nil, "others are beside them, which may belong to what was trained: criterion.weight: --prefix model. takes those of the network alone"},
		{"beside", beside, "", "model.", net.raw, ""},
		{"the same twice", twice, "", "", net.raw, ""},
	} {
		path := writePth(t, c.value, rawBytes, otherBytes)
		if c.key == "" && c.prefix == "" {
			if _, err := Read(path, convert.Options{}); err != nil {
				t.Errorf("%s: cannot be looked at: %v", c.name, err)
			}
		}
		s, err := Load(path, convert.Options{Key: c.key, Prefix: c.prefix, Network: &net.network})
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s, %q, %q: %v, want %s", c.name, c.key, c.prefix, err, c.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s, %q, %q: %v", c.name, c.key, c.prefix, err)
			continue
		}
		requireWeights(t, c.name, s.Weights, c.want)
	}
}

// TestLostAverages: averages without names, or of the parameters alone, are
// not used, and it is said that they are there.
func TestLostAverages(t *testing.T) {
	net := newTiny(t)
	raw, rawBytes := State("0", "", arrays(net.network, net.raw))
	part := slices.DeleteFunc(arrays(net.network, net.average), func(a Array) bool { return strings.Contains(a.Name, "running") })
	average, averageBytes := State("1", "", part)
	for key, value := range map[string]string{
		"ema.shadow_params": Dict(Str("model"), joined(raw), Str("ema"), Dict(Str("decay"), Int(1), Str("shadow_params"), List(average[1], average[3]))),
		"shadow":            Dict(Str("model"), joined(raw), Str("shadow"), joined(average)),
	} {
		path := writePth(t, value, rawBytes, averageBytes)
		s, err := Load(path, convert.Options{Network: &net.network})
		if err != nil || len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "averages ("+key+")") {
			t.Errorf("%s: %+v, %v", key, s, err)
			continue
		}
		requireWeights(t, key, s.Weights, net.raw)
		if _, err := Load(path, convert.Options{EMA: "on", Network: &net.network}); err == nil {
			t.Errorf("%s: --ema on takes raw weights", key)
		}
	}
}

// TestOneObject: averages that are the same object as the raw weights, as
// trainers save them before the first step, are those where they are named.
func TestOneObject(t *testing.T) {
	net := newTiny(t)
	raw, rawBytes := State("0", "", arrays(net.network, net.raw))
	value := Dict(Str("model"), "}q\x01("+strings.Join(raw, "")+"u", Str("ema_state_dict"), "h\x01")
	for ema, want := range map[string]string{"auto": "ema_state_dict", "off": "model"} {
		s, err := Load(writePth(t, value, rawBytes), convert.Options{EMA: ema, Network: &net.network})
		if err != nil || s.Key != want || s.Averages != (ema == "auto") {
			t.Errorf("%s: %+v, %v", ema, s, err)
		}
	}
}

// TestInItself: a dictionary that contains itself has an end.
func TestInItself(t *testing.T) {
	net := newTiny(t)
	raw, rawBytes := State("0", "", arrays(net.network, net.raw))
	value := "}q\x01(" + Str("model") + joined(raw) + Str("self") + "h\x01u"
	s, err := Load(writePth(t, value, rawBytes), convert.Options{Network: &net.network})
	if err != nil || s.Key != "model" {
		t.Fatalf("%+v, %v", s, err)
	}
}

func TestNamesAverages(t *testing.T) {
	for name, want := range map[string]bool{
		"ema": true, "model_ema": true, "state_dict_ema": true, "EMACallback{'decay': 1}": true, "ModelEma": true, "ema_model.module.": true,
		"swa_model": true, "AveragedModel": true, "avg": true, "params_ema": true, "emaModel": true, "shadow": true,
		"model": false, "schema": false, "temaki": false, "cinema_net": false, "state_dict": false, "": false, "swarm": false, "teacher": false,
	} {
		if namesAverages(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}
