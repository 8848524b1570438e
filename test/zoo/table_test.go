package zoo

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mixconv/mixconv/convert"
)

const tableFile = "../../ZOO.md"

const head = `# Zoo

Networks of other people, exported to ONNX by their own means and run on both
engines. ` + "`make test-zoo`" + ` writes this file, with a date for each line, and
a test holds its list.

Weights are random and calibrated; no parameter is left at zero or one. A number
is max|difference| / max|output| from the framework in float64, the worst of all
files of a network, batches of 1 and 3, and outputs. *right* means that ours is
at most 2·10⁻⁵, or 1.5 times ONNX Runtime's. *ts* is PyTorch's TorchScript exporter,
*dynamo* its other one, with the opset. *any* behind the pixels: height and width
are dynamic, and another size was run, too. Nodes are those of the files;
steps on reference loops those without a planned kernel.

Networks in float16 and bfloat16 are compared with PyTorch in float64 and with the
rounded weights, within ten roundings of the format (2⁻¹¹, 2⁻⁸) or 1.5 times ONNX
Runtime's error. Those in int8 come from ONNX Runtime's static quantisation, and are
compared with ONNX's reference evaluator in float64, in which nothing but the file's
quantisations rounds. A value next to a tie falls to either side by the rounding of a
float32, in ONNX Runtime as in ours, and MobileNetV2 with random weights makes 5 to 7 % of
the largest output of one value in its first layer: the worst of all files and
inputs is held against 1.5 times the worst of ONNX Runtime.

| network | exported by | pixels | nodes | planned | reference | ONNX Runtime | on reference loops | date | |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
`

// row is the network's line of the table.
func (r result) row() string {
	verdict := "fails"
	if r.right {
		verdict = "right"
	}
	var loops []string
	for _, op := range slices.Sorted(maps.Keys(r.fallbacks)) {
		loops = append(loops, fmt.Sprintf("%d %s", r.fallbacks[op], op))
	}
	size := r.Size
	if slices.Contains(r.Options, "sizes") {
		size += ", any"
	}
	ort := fmt.Sprintf("%.1e", r.ort)
	if r.noORT {
		ort = "cannot"
	}
	nodes := ""
	if len(r.nodes) > 0 {
		nodes = fmt.Sprintf("%d–%d", slices.Min(r.nodes), slices.Max(r.nodes))
	}
	return fmt.Sprintf("| %s %s | %s | %s | %s | %.1e | %.1e | %s | %s | %s | %s |\n", r.Library, r.ID(), strings.Join(r.exporters, " "), size,
		nodes, r.planned, r.reference, ort, strings.Join(loops, ", "), *date, verdict)
}

// rows are the lines of the table by network, "timm mixnet_s".
func rows(t *testing.T) (names []string, lines map[string]string) {
	t.Helper()
	text, err := os.ReadFile(tableFile)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	lines = map[string]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, " | ")
		if name, ok := strings.CutPrefix(cells[0], "| "); ok && len(cells) > 8 && strings.Contains(name, " ") {
			names = append(names, name)
			lines[name] = line
		}
	}
	return names, lines
}

// updateTable writes ZOO.md with r's line anew and the others as they were. What
// networks.txt has no more goes.
func updateTable(t *testing.T, r result) {
	t.Helper()
	_, lines := rows(t)
	lines[r.Library+" "+r.ID()] = r.row()
	out := head
	for _, n := range Networks() {
		out += lines[n.Library+" "+n.ID()]
	}
	out += "\nWith " + strings.Join(versions(t), ", ") + ".\n"
	if err := os.WriteFile(tableFile, []byte(out), 0o644); err != nil {
		t.Fatal(err)
	}
}

// versions are those of the packages that matter, as the requirements pin them.
func versions(t *testing.T) []string {
	t.Helper()
	packages := []string{"torch", "torchvision", "timm", "pytorchcv", "onnx", "onnxscript", "onnxruntime", "tensorflow-cpu", "keras", "tf2onnx"}
	var list []string
	for _, file := range []string{"../refs/requirements.txt", "requirements-keras.txt"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Fields(string(text)) {
			name, version, pinned := strings.Cut(line, "==")
			if pin := name + " " + version; pinned && slices.Contains(packages, name) && !slices.Contains(list, pin) {
				list = append(list, pin)
			}
		}
	}
	return list
}

// leftOut are networks that are converted and not run here. Those of a family differ in
// width and depth alone: torchvision's B0 stands for its EfficientNets, timm's Lite0 for
// the Lite ones, and lukemelas's compute what timm's tf_ ones do. With random weights the
// rounding errors of the deep ones grow until a comparison tells nothing: of B5, 2.1e-4
// in this engine and 3.0e-4 in ONNX Runtime. test/refs holds all against their library.
var leftOut = regexp.MustCompile(`^(torchvision_efficientnet_b[1-7]|efficientnet_lite[1-4]|tf_efficientnet_lite[0-4]|lukemelas_efficientnet_(b[0-7]|lite[0-4]))$`)

// TestTable: ZOO.md has a line for every network, and each is right; every
// network of PyTorch that is converted is among them.
func TestTable(t *testing.T) {
	var networks []string
	known := map[string]bool{}
	for _, n := range Networks() {
		networks = append(networks, n.Library+" "+n.ID())
		known[n.Name], known[n.Library+"_"+n.Name] = true, true // torch2onnx has torchvision_mobilenet_v2, which is not timm's
	}
	names, lines := rows(t)
	if !slices.Equal(names, networks) {
		t.Errorf("ZOO.md has the lines %q, networks.txt %q", names, networks)
	}
	for _, line := range lines {
		if !strings.HasSuffix(line, " | right |\n") {
			t.Errorf("ZOO.md: %s", line)
		}
	}
	for _, name := range convert.TorchNames() {
		if !known[name] && !leftOut.MatchString(name) {
			t.Errorf("networks.txt has no %s, which torch2onnx converts", name)
		}
	}
}

// TestOfDay: ten different ones on a day, and each network in as few days as that
// takes.
func TestOfDay(t *testing.T) {
	all, seen := Networks(), map[string]int{}
	day := time.Date(2026, 11, 25, 13, 0, 0, 0, time.UTC)
	for range (len(all) + 9) / 10 {
		some := OfDay(all, 10, day)
		today := map[string]bool{}
		for _, n := range some {
			today[n.ID()] = true
			seen[n.ID()]++
		}
		if len(today) != 10 {
			t.Errorf("%s: %d networks", day, len(today))
		}
		day = day.AddDate(0, 0, 1)
	}
	for _, n := range all {
		if seen[n.ID()] == 0 {
			t.Errorf("%s: on no day", n.ID())
		}
	}
}
