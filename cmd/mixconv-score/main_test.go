package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf"
	"github.com/mixconv/mixconv/metadata"
	"github.com/mixconv/mixconv/score"
	"github.com/parquet-go/parquet-go"
)

// chdirWithModel changes to a folder with digits.onnx and pictures/000.png … of which every
// tenth is broken.
func chdirWithModel(t testing.TB, pictures int) (data [][]byte) {
	t.Helper()
	c, err := tf.Convert(filepath.Join("..", "..", "testdata", "digits"), convert.Options{ImageSize: 64, Labels: strings.Fields("zero one two three four five six seven eight nine"), Metadata: map[string]string{
		metadata.PreprocessCrop: "1", metadata.PreprocessInterpolation: "bicubic",
		metadata.PreprocessMean: "127.5,127.5,127.5", metadata.PreprocessStd: "127.5,127.5,127.5",
	}})
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	write(t, "digits.onnx", encoded)
	for i := range pictures {
		data = append(data, picture(i))
		write(t, fmt.Sprintf("pictures/%03d.png", i), data[i])
	}
	return data
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o777)
	if err == nil {
		err = os.WriteFile(path, data, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func picture(i int) []byte {
	r := rand.New(rand.NewPCG(uint64(i), 5))
	p := image.NewGray(image.Rect(0, 0, 8+r.IntN(40), 8+r.IntN(40)))
	for j := range p.Pix {
		p.Pix[j] = uint8(r.IntN(256))
	}
	var b bytes.Buffer
	_ = png.Encode(&b, p)
	if i%10 == 7 {
		return b.Bytes()[:b.Len()/2]
	}
	return b.Bytes()
}

// command runs a command line.
func command(t testing.TB, stdin []byte, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	write(t, "stdin", stdin)
	in, err := os.Open("stdin")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var out, problem bytes.Buffer
	code = run(args, in, &out, &problem)
	return code, out.String(), problem.String()
}

func succeeds(t testing.TB, stdin []byte, args ...string) string {
	t.Helper()
	code, out, problem := command(t, stdin, args...)
	if code != 0 || problem != "" {
		t.Fatalf("%q: exit %d: %s", args, code, problem)
	}
	return out
}

// rows are those of a part in lines of JSON.
func rows(t testing.TB, folder string) (list []score.Row) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, "part-00000-000000.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		var r score.Row
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

// writeTable writes a Parquet file of rows T in groups of seven.
func writeTable[T any](t testing.TB, path string, list []T) {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, parquet.MaxRowsPerRowGroup(7))
	_, err := w.Write(list)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, b.Bytes())
}

// TestParquetSource: pictures in columns of bytes or as paths, with keys or without, give
// what their files give.
func TestParquetSource(t *testing.T) {
	data := chdirWithModel(t, 40)
	succeeds(t, nil, "score", "digits.onnx", "pictures", "-o", "files")
	want := rows(t, "files")

	type keyed struct {
		Key   string `parquet:"key"`
		Image []byte `parquet:"image"`
	}
	type numbered struct {
		ID     int64   `parquet:"id"`
		Source string  `parquet:"source"`
		Image  *[]byte `parquet:"image,optional"`
		Tags   []string
	}
	type nested struct {
		Image struct {
			Bytes []byte `parquet:"bytes"`
			Path  string `parquet:"path"`
		} `parquet:"image"`
	}
	type paths struct {
		Path string `parquet:"path,dict"`
	}
	var a []keyed
	var b []numbered
	var c []nested
	var d []paths
	for i, picture := range data {
		path := fmt.Sprintf("pictures/%03d.png", i)
		a = append(a, keyed{path, picture})
		b = append(b, numbered{ID: int64(i - 5), Source: path, Image: &picture})
		c = append(c, nested{})
		c[i].Image.Bytes, c[i].Image.Path = picture, path
		d = append(d, paths{path})
	}
	b[3].Image = nil
	writeTable(t, "a.parquet", a)
	writeTable(t, "b.parquet", b)
	writeTable(t, "c.parquet", c)
	writeTable(t, "d.PARQUET", d)
	for _, test := range []struct {
		args []string
		key  func(i int) string
	}{
		{[]string{"a.parquet"}, func(i int) string { return want[i].Key }},
		{[]string{"b.parquet", "--column", "image", "--key-column", "id"}, func(i int) string { return fmt.Sprint(i - 5) }},
		{[]string{"b.parquet"}, func(i int) string { return fmt.Sprintf("b.parquet/%d", i) }},
		{[]string{"c.parquet", "--key-column", "image.path"}, func(i int) string { return want[i].Key }},
		{[]string{"d.PARQUET", "--column", "path"}, func(i int) string { return want[i].Key }},
	} {
		out := t.TempDir()
		succeeds(t, nil, append([]string{"digits.onnx", "-o", out}, test.args...)...)
		got := rows(t, out)
		if len(got) != len(want) {
			t.Fatalf("%q: %d rows", test.args, len(got))
		}
		for i, r := range got {
			wanted := want[i]
			if test.args[0] == "b.parquet" && i == 3 {
				wanted.Top, wanted.Error = nil, errNull.Error()
			}
			if r.Key != test.key(i) || !slices.Equal(r.Top, wanted.Top) || r.Error != wanted.Error {
				t.Errorf("%q: row %d is %+v, want %+v under %s", test.args, i, r, wanted, test.key(i))
			}
		}
	}
	for _, test := range []struct{ want, args string }{
		{"no column nope of bytes or text, it has key, image", "a.parquet --column nope"},
		{"no column nope, it has key, image", "a.parquet --key-column nope"},
		{"no column id of bytes or text", "b.parquet --column id"},
		{"no column Tags of bytes or text", "b.parquet --column Tags"},
		{"0 columns of bytes: name the one with the pictures with --column, it has path", "d.PARQUET"},
	} {
		code, _, problem := command(t, nil, append([]string{"digits.onnx", "-o", t.TempDir()}, strings.Fields(test.args)...)...)
		if code != exitBadInput || !strings.Contains(problem, test.want) || strings.Count(problem, "\n") != 1 {
			t.Errorf("%s: exit %d, %s", test.args, code, problem)
		}
	}
}

// TestFormats: Parquet and Arrow files have what lines of JSON have.
func TestFormats(t *testing.T) {
	chdirWithModel(t, 20)
	for _, kind := range []string{"top", "features"} {
		for _, format := range []string{"jsonl", "parquet", "arrow"} {
			succeeds(t, nil, "digits.onnx", "pictures", "-o", kind+format, "--format", format, "--values", kind)
		}
		want := rows(t, kind+"jsonl")
		if kind == "top" {
			list, err := parquet.ReadFile[topRow](filepath.Join(kind+"parquet", "part-00000-000000.parquet"))
			if err != nil || len(list) != 20 {
				t.Fatalf("%d rows, %v", len(list), err)
			}
			for i, r := range list {
				if got := ofTop(r); !equal(got, want[i]) {
					t.Errorf("Parquet: %+v, want %+v", got, want[i])
				}
			}
		} else {
			list, err := parquet.ReadFile[valuesRow](filepath.Join(kind+"parquet", "part-00000-000000.parquet"))
			if err != nil || len(list) != 20 {
				t.Fatalf("%d rows, %v", len(list), err)
			}
			for i, r := range list {
				if !slices.Equal(r.Values, want[i].Values) || r.Key != want[i].Key || (r.Error != nil) != (want[i].Error != "") {
					t.Errorf("Parquet: %+v, want %+v", r, want[i])
				}
			}
		}
		data, err := os.ReadFile(filepath.Join(kind+"arrow", "part-00000-000000.arrow"))
		if err != nil {
			t.Fatal(err)
		}
		file, err := ipc.NewFileReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		batch, err := file.RecordBatch(0)
		if err != nil || file.NumRecords() != 1 {
			t.Fatalf("%d batches, %v", file.NumRecords(), err)
		}
		for i, r := range ofBatch(t, batch, kind) {
			if !equal(r, want[i]) {
				t.Errorf("Arrow: %+v, want %+v", r, want[i])
			}
		}
	}
}

func ofTop(r topRow) score.Row {
	one := score.Row{Key: r.Key}
	for i, class := range r.Classes {
		one.Top = append(one.Top, mixconv.Class{Index: int(class), Label: r.Labels[i], Probability: r.Probabilities[i], Logit: r.Logits[i]})
	}
	if r.Error != nil {
		one.Error = *r.Error
	}
	return one
}

func equal(a, b score.Row) bool {
	return a.Key == b.Key && slices.Equal(a.Top, b.Top) && slices.Equal(a.Values, b.Values) && a.Error == b.Error
}

// ofBatch are the rows of a batch, through its JSON.
func ofBatch(t testing.TB, batch arrow.RecordBatch, kind string) (list []score.Row) {
	t.Helper()
	data, err := batch.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if kind == "top" {
		var all []struct {
			Key           any
			Classes       []int32
			Labels        []string
			Probabilities []float64
			Logits        []float64
			Error         *string
		}
		if err := json.Unmarshal(data, &all); err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			list = append(list, ofTop(topRow{fmt.Sprint(r.Key), r.Classes, r.Labels, r.Probabilities, r.Logits, r.Error}))
		}
		return list
	}
	var all []struct {
		Key    string
		Values []float32
		Error  string
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		list = append(list, score.Row{Key: r.Key, Values: r.Values, Error: r.Error})
	}
	return list
}

// streamOf is an Arrow stream with keys from 100 and pictures, in batches of 8.
func streamOf(t testing.TB, data [][]byte, null int) []byte {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}, {Name: "image", Type: arrow.BinaryTypes.LargeBinary, Nullable: true}}, nil)
	var b bytes.Buffer
	w := ipc.NewWriter(&b, ipc.WithSchema(schema))
	for i := 0; i < len(data); i += 8 {
		batch := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for j := i; j < min(len(data), i+8); j++ {
			batch.Field(0).(*array.Int64Builder).Append(int64(100 + j))
			if j == null {
				batch.Field(1).AppendNull()
			} else {
				batch.Field(1).(*array.BinaryBuilder).Append(data[j])
			}
		}
		if err := w.Write(batch.NewRecordBatch()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestStream: a batch of answers comes for each batch of pictures, with the column of keys.
func TestStream(t *testing.T) {
	data := chdirWithModel(t, 30)
	succeeds(t, nil, "digits.onnx", "pictures", "-o", "files")
	want := rows(t, "files")
	in := streamOf(t, data, 12)
	for _, threads := range []string{"1", "3"} {
		out := succeeds(t, in, "score", "digits.onnx", "--arrow", "--key-column", "n", "--threads", threads)
		r, err := ipc.NewReader(strings.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		var got []score.Row
		sizes := []int64{}
		for r.Next() {
			sizes = append(sizes, r.RecordBatch().NumRows())
			data, _ := r.RecordBatch().MarshalJSON()
			var keys []struct{ N int64 }
			if err := json.Unmarshal(data, &keys); err != nil {
				t.Fatal(err)
			}
			for i, row := range ofBatch(t, r.RecordBatch(), "top") {
				row.Key = fmt.Sprint(keys[i].N)
				got = append(got, row)
			}
		}
		if r.Err() != nil || !slices.Equal(sizes, []int64{8, 8, 8, 6}) {
			t.Fatalf("%v, %v", sizes, r.Err())
		}
		for i, row := range got {
			wanted := want[i]
			wanted.Key = fmt.Sprint(100 + i)
			if i == 12 {
				wanted.Top, wanted.Error = nil, errNull.Error()
			}
			if !equal(row, wanted) {
				t.Errorf("row %d: %+v, want %+v", i, row, wanted)
			}
		}
	}
	if out := succeeds(t, streamOf(t, nil, 0), "digits.onnx", "--arrow"); len(out) == 0 {
		t.Error("an empty stream has no answer, not even a schema")
	}
}

// TestBadStreams: a stream that is cut or changed is one line and exit 2, or the batches that
// are whole.
func TestBadStreams(t *testing.T) {
	data := chdirWithModel(t, 9)
	in := streamOf(t, data, -1)
	whole := succeeds(t, in, "digits.onnx", "--arrow")
	failed := 0
	for cut := 0; cut < len(in); cut += len(in)/40 + 1 {
		code, out, problem := command(t, in[:cut], "digits.onnx", "--arrow")
		if code == 0 && len(out) >= len(whole) || code != 0 && (code != exitBadInput || strings.Count(problem, "\n") != 1 || !strings.Contains(problem, "stdin: Arrow stream")) {
			t.Errorf("%d of %d bytes: exit %d, %s", cut, len(in), code, problem)
		}
		if code != 0 {
			failed++
		}
	}
	if failed < 30 {
		t.Errorf("%d of 40 cut streams failed", failed)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 60 {
		changed := bytes.Clone(in)
		changed[r.IntN(600)] ^= 1 << r.IntN(8) // in the schema and the first batch's description
		if code, _, problem := command(t, changed, "digits.onnx", "--arrow"); code != 0 && (code != exitBadInput || strings.Count(problem, "\n") != 1) {
			t.Errorf("exit %d, %s", code, problem)
		}
	}
	for _, test := range []struct{ want, args string }{
		{"no column nope, it has n, image", "--column nope"},
		{"column n is int64, allowed are bytes and text", "--column n"},
		{"no column nope, it has n, image", "--key-column nope"},
		{"--threads 0: allowed from 1", "--threads 0"},
		{"neither SOURCE nor -o is allowed", "-o out"},
	} {
		args := append([]string{"digits.onnx", "--arrow", "--json"}, strings.Fields(test.args)...)
		code, out, problem := command(t, in, args...)
		if code != exitBadInput || !strings.Contains(problem, test.want) || !strings.Contains(out, `{"error":`) {
			t.Errorf("%s: exit %d, %s, %s", test.args, code, problem, out)
		}
	}
}

// FuzzParquet: whatever a Parquet file holds, rows or one error come out.
func FuzzParquet(f *testing.F) {
	type row struct {
		Key   string `parquet:"key,optional,dict"`
		Image []byte `parquet:"image"`
	}
	for n := range 3 {
		var b bytes.Buffer
		w := parquet.NewGenericWriter[row](&b)
		w.Write(make([]row, n))
		w.Close()
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "a.parquet")
		write(t, path, data)
		source, _ := openParquet("", "")(path)
		n := 0
		for _, err := range source.Items(t.Context(), func(string) bool { return true }) {
			if err != nil && (strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "a.parquet")) {
				t.Errorf("%v", err)
			}
			if n++; n > 10_000 {
				break
			}
		}
	})
}
