package score

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf"
	"github.com/mixconv/mixconv/metadata"
)

// digits is the network of testdata/digits: 64 × 64 pixels, 10 classes.
func digits(t testing.TB) *mixconv.Model {
	t.Helper()
	c, err := tf.Convert(filepath.Join("..", "testdata", "digits"), convert.Options{ImageSize: 64, Metadata: map[string]string{
		metadata.PreprocessCrop: "1", metadata.PreprocessInterpolation: "bicubic",
		metadata.PreprocessMean: "127.5,127.5,127.5", metadata.PreprocessStd: "127.5,127.5,127.5",
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c.Model
}

func newModel(t testing.TB, kind Kind) *Model {
	t.Helper()
	m, err := NewModel(digits(t), kind, 3, mixconv.ClassifierOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// picturePNG is picture i, broken if i%10 is 7.
func picturePNG(i int) []byte {
	r := rand.New(rand.NewPCG(uint64(i), 5))
	p := image.NewRGBA(image.Rect(0, 0, 8+r.IntN(40), 8+r.IntN(40)))
	for j := range p.Pix {
		p.Pix[j] = uint8(r.IntN(256))
	}
	p.Set(0, 0, color.White)
	var b bytes.Buffer
	_ = png.Encode(&b, p)
	if i%10 == 7 {
		return b.Bytes()[:b.Len()/2]
	}
	return b.Bytes()
}

// pictureFolder has n pictures in two folders.
func pictureFolder(t testing.TB, n int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "pictures")
	for i := range n {
		folder := filepath.Join(dir, fmt.Sprint(i*2/n))
		if err := os.MkdirAll(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(folder, fmt.Sprintf("%04d.png", i)), picturePNG(i))
	}
	return dir
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

func openAll(t testing.TB, args ...string) []Source {
	t.Helper()
	list, err := Open(args, nil)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func small(threads, rows int) Options { return Options{Threads: threads, Rows: rows, Format: JSONL} }

// runAll runs and returns all rows.
func runAll(t testing.TB, m *Model, sources []Source, out string, o Options) (Summary, []Row) {
	t.Helper()
	s, err := Run(t.Context(), m, sources, out, o)
	if err != nil {
		t.Fatal(err)
	}
	return s, readRows(t, out)
}

// readRows are those of all parts in the order of their names.
func readRows(t testing.TB, out string) (rows []Row) {
	t.Helper()
	parts, _ := filepath.Glob(filepath.Join(out, "part-*"))
	for _, part := range parts {
		data, err := os.ReadFile(part)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			var r Row
			if err := json.Unmarshal(line, &r); err != nil {
				t.Fatalf("%s: %v", part, err)
			}
			rows = append(rows, r)
		}
	}
	return rows
}

// files are the contents of a folder.
func files(t testing.TB, folder string) map[string]string {
	t.Helper()
	found := map[string]string{}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		found[e.Name()] = string(data)
	}
	return found
}

// TestRun: rows come in the order of the files, with what the classifier says of each, and
// the reason where it says nothing, whatever the number of goroutines.
func TestRun(t *testing.T) {
	dir, m := pictureFolder(t, 45), newModel(t, Top)
	out := filepath.Join(t.TempDir(), "out")
	s, rows := runAll(t, m, openAll(t, dir), out, small(3, 10))
	if s.Pictures != 45 || s.Failed != 4 || s.Parts != 5 || s.Resumed != 0 || len(rows) != 45 {
		t.Fatalf("%+v, %d rows", s, len(rows))
	}
	c, err := mixconv.OpenModel(digits(t), mixconv.ClassifierOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rows {
		if !strings.HasSuffix(r.Key, fmt.Sprintf("/%d/%04d.png", i*2/45, i)) {
			t.Errorf("row %d is of %s", i, r.Key)
		}
		if i%10 == 7 {
			if r.Top != nil || !strings.Contains(r.Error, "PNG") && !strings.Contains(r.Error, "EOF") {
				t.Errorf("row %d: %+v", i, r)
			}
			continue
		}
		want, err := c.ClassifyBytes(t.Context(), picturePNG(i), 3)
		if err != nil || !slices.Equal(r.Top, want) {
			t.Errorf("row %d: %v, want %v, %v", i, r.Top, want, err)
		}
	}
	one := filepath.Join(t.TempDir(), "one")
	runAll(t, m, openAll(t, dir), one, small(1, 10))
	if a, b := files(t, out), files(t, one); !maps.Equal(a, b) {
		t.Error("other files with one goroutine")
	}
}

// TestSources: archives, compressed or not, lists and patterns give what their files give.
func TestSources(t *testing.T) {
	dir, m := pictureFolder(t, 30), newModel(t, Top)
	_, want := runAll(t, m, openAll(t, dir), filepath.Join(t.TempDir(), "out"), small(2, 7))
	names, _ := filepath.Glob(filepath.Join(dir, "*", "*.png"))

	place := t.TempDir()
	write(t, filepath.Join(place, "a.tar"), tarOf(t, names))
	write(t, filepath.Join(place, "b.tar.gz"), zipped(t, tarOf(t, names)))
	write(t, filepath.Join(place, "c.zip"), zipOf(t, names))
	write(t, filepath.Join(place, "d.list"), []byte(strings.Join(names, "\n")+"\n\n"))
	list, err := os.Open(filepath.Join(place, "d.list"))
	if err != nil {
		t.Fatal(err)
	}
	fromList, err := Open([]string{"-"}, list)
	if err != nil {
		t.Fatal(err)
	}
	for what, sources := range map[string][]Source{
		"tar": openAll(t, filepath.Join(place, "a.tar")), "gzip": openAll(t, filepath.Join(place, "b.tar.gz")), "zip": openAll(t, filepath.Join(place, "c.zip")),
		"list": fromList, "pattern": openAll(t, filepath.Join(dir, "*", "*.png")), "folders": openAll(t, filepath.Join(dir, "?")),
		"files": openAll(t, names...),
	} {
		_, rows := runAll(t, m, sources, filepath.Join(t.TempDir(), "out"), small(2, 7))
		if len(rows) != 30 {
			t.Fatalf("%s: %d rows", what, len(rows))
		}
		for i, r := range rows {
			if filepath.Base(r.Key) != filepath.Base(want[i].Key) || !slices.Equal(r.Top, want[i].Top) || (r.Error == "") != (want[i].Error == "") {
				t.Errorf("%s: row %d is %+v, want %+v", what, i, r, want[i])
			}
		}
	}
	// A folder is searched for archives, too.
	_, rows := runAll(t, m, openAll(t, place), filepath.Join(t.TempDir(), "out"), small(2, 100))
	if len(rows) != 90 || !strings.HasSuffix(rows[31].Key, "/b.tar.gz/0001.png") {
		t.Errorf("%d rows, the 32nd of %s", len(rows), rows[31].Key)
	}
}

func tarOf(t testing.TB, names []string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	add := func(name string, data []byte) {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data))}); err != nil {
			t.Fatal(err)
		}
		w.Write(data)
	}
	for i, name := range names {
		add(filepath.Base(name), picturePNG(i))
		add(filepath.Base(name)+".cls", []byte("3"))
	}
	w.Close()
	return b.Bytes()
}

func zipOf(t testing.TB, names []string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i, name := range names {
		f, err := w.Create(filepath.Base(name))
		if err != nil {
			t.Fatal(err)
		}
		f.Write(picturePNG(i))
	}
	w.Close()
	return b.Bytes()
}

func zipped(t testing.TB, data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

// TestBrokenSources: what a source cannot give ends the run with one line; a picture that a
// list names and that is not there is a row.
func TestBrokenSources(t *testing.T) {
	m, place := newModel(t, Top), t.TempDir()
	whole := tarOf(t, []string{"0.png", "1.png", "2.png"})
	archive := zipOf(t, []string{"0.png", "1.png"})
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"cut.tar":      {whole[:1500], "cut.tar: member 0: unexpected EOF"},
		"other.tar":    {bytes.Repeat([]byte("text "), 300), "other.tar: member 0: "},
		"other.tar.gz": {[]byte("text"), "other.tar.gz: gzip: "},
		"cut.tgz":      {zipped(t, whole)[:200], "cut.tgz: member "},
		"cut.zip":      {archive[:len(archive)-30], "cut.zip: zip: "},
		"empty.zip":    {nil, "empty.zip: zip: "},
	} {
		path := filepath.Join(place, name)
		write(t, path, c.data)
		_, err := Run(t.Context(), m, openAll(t, path), filepath.Join(t.TempDir(), "out"), small(2, 10))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	long := &lines{strings.NewReader(strings.Repeat("a", maxPath+1)), "stdin"}
	if _, err := Run(t.Context(), m, []Source{long}, filepath.Join(t.TempDir(), "out"), small(1, 10)); err == nil || !strings.Contains(err.Error(), "stdin: line 1: more than 65536 bytes") {
		t.Errorf("a long line: %v", err)
	}
	missing := &lines{strings.NewReader("nowhere.png\n" + place + "\n"), "stdin"}
	_, rows := runAll(t, m, []Source{missing}, filepath.Join(t.TempDir(), "out"), small(1, 10))
	if len(rows) != 2 || rows[0].Error != "no such file or directory" || rows[1].Error != "a folder, not a regular file" {
		t.Errorf("%+v", rows)
	}
	for _, args := range [][]string{{"nowhere"}, {"no*where"}, {place, place + "/"}} {
		if _, err := Open(args, nil); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
	if s, err := Run(t.Context(), m, openAll(t, t.TempDir()), filepath.Join(t.TempDir(), "out"), small(1, 10)); err != nil || s.Pictures != 0 || s.Parts != 0 {
		t.Errorf("an empty folder: %+v, %v", s, err)
	}
}

// TestShards: shards share the pictures, each in one of them, and may write into one folder.
func TestShards(t *testing.T) {
	dir, m, out := pictureFolder(t, 60), newModel(t, Top), filepath.Join(t.TempDir(), "out")
	_, want := runAll(t, m, openAll(t, dir), filepath.Join(t.TempDir(), "whole"), small(2, 100))
	var last Summary
	for i := range 8 {
		o := small(2, 5)
		o.Shard = Shard{i, 8}
		last, _ = runAll(t, m, openAll(t, dir), out, o)
		if last.Pictures == 0 || last.Pictures > 20 {
			t.Errorf("shard %d has %d of 60 pictures", i, last.Pictures)
		}
	}
	rows := readRows(t, out)
	slices.SortFunc(rows, func(a, b Row) int { return strings.Compare(a.Key, b.Key) })
	if len(rows) != 60 {
		t.Fatalf("%d rows", len(rows))
	}
	for i := range rows {
		if rows[i].Key != want[i].Key || !slices.Equal(rows[i].Top, want[i].Top) || rows[i].Error != want[i].Error {
			t.Errorf("%+v, want %+v", rows[i], want[i])
		}
	}
	o := small(2, 5)
	o.Shard = Shard{0, 4}
	if _, err := Run(t.Context(), m, openAll(t, dir), out, o); err == nil || !strings.Contains(err.Error(), "results with number of shards 8, and this run has 4") {
		t.Errorf("four shards in the folder of eight: %v", err)
	}
	for text, want := range map[string]Shard{"0/1": {0, 1}, "7/8": {7, 8}} {
		if s, err := ParseShard(text); err != nil || s != want || s.String() != text {
			t.Errorf("%s: %v, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "1", "8/8", "-1/8", "1/0", "1/8/2", "a/8", "1/1000000"} {
		if s, err := ParseShard(text); err == nil {
			t.Errorf("%s: %v", text, s)
		}
	}
}

// TestShardHash: the hash is the one that is documented: others may compute it.
func TestShardHash(t *testing.T) {
	// FNV-1a of "a" is 0xaf63dc4c8601ec8c; 0xaf63dc4c ^ 0x8601ec8c = 0x296230c0 = 694300864.
	if !(Shard{694300864 % 97, 97}).Has("a") {
		t.Error("another hash")
	}
}

// TestValues: logits and features are what a session computes.
func TestValues(t *testing.T) {
	dir := pictureFolder(t, 6)
	c, err := mixconv.OpenModel(digits(t), mixconv.ClassifierOptions{})
	if err != nil {
		t.Fatal(err)
	}
	session, err := mixconv.LoadModel(digits(t), mixconv.Options{Layers: true})
	if err != nil {
		t.Fatal(err)
	}
	_, logits := runAll(t, newModel(t, Logits), openAll(t, dir), filepath.Join(t.TempDir(), "out"), small(2, 10))
	_, features := runAll(t, newModel(t, Features), openAll(t, dir), filepath.Join(t.TempDir(), "out"), small(2, 10))
	for i := range 6 {
		name, input, err := c.Input(picturePNG(i))
		if err != nil {
			t.Fatal(err)
		}
		out, err := session.Run(t.Context(), mixconv.Tensors{name: input})
		if err != nil {
			t.Fatal(err)
		}
		if got := logits[i].Values; len(got) != 10 || !slices.Equal(got, mixconv.Floats(out["logits"])) {
			t.Errorf("logits %v, want %v", got, mixconv.Floats(out["logits"]))
		}
		found := false
		for name, v := range out {
			if name != "logits" && len(v.Shape) == 2 && len(features[i].Values) > 10 && near(features[i].Values, mixconv.Floats(v)) {
				found = true
			}
		}
		if !found {
			t.Errorf("features %v are no value of the network", features[i].Values)
		}
	}
	for _, kind := range []Kind{"", "probabilities"} {
		if _, err := NewModel(digits(t), kind, 1, mixconv.ClassifierOptions{}); err == nil {
			t.Errorf("values %q: no error", kind)
		}
	}
	if _, err := NewModel(digits(t), Top, 0, mixconv.ClassifierOptions{}); err == nil {
		t.Error("top 0: no error")
	}
}

// near allows for the rounding of a plan that fuses otherwise.
func near(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { d := x - y; return d < 1e-5 && d > -1e-5 })
}

// TestFraction: a source says how far it has been read.
func TestFraction(t *testing.T) {
	dir := pictureFolder(t, 40)
	place := t.TempDir()
	names, _ := filepath.Glob(filepath.Join(dir, "*", "*.png"))
	write(t, filepath.Join(place, "a.tar"), tarOf(t, names))
	write(t, filepath.Join(place, "b.zip"), zipOf(t, names))
	for _, path := range []string{dir, filepath.Join(place, "a.tar"), filepath.Join(place, "b.zip")} {
		s := openAll(t, path)[0]
		last, n := 0.0, 0
		for _, err := range s.Items(context.Background(), func(string) bool { return false }) {
			if err != nil {
				t.Fatal(err)
			}
			if d := s.Done(); d < last || d > 1 {
				t.Errorf("%s: %g after %g", path, d, last)
			}
			last = s.Done()
			n++
		}
		if n != 40 || last < 0.5 || s.Done() != 1 {
			t.Errorf("%s: %d items, %g before the end, %g at it", path, n, last, s.Done())
		}
	}
}
