package main

import (
	"bytes"
	"fmt"
	"html/template"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/internal/page"
	"github.com/mixconv/mixconv/preprocess"
)

// TestEvaluate sums up pictures by hand.
func TestEvaluate(t *testing.T) {
	list := []evaluated{
		{File: "a", Class: 1, Top: []guess{{1, 0.9}, {0, 0.1}}},
		{File: "b", Class: 1, Top: []guess{{0, 0.9}, {1, 0.1}}},
		{File: "c", Class: 0, Top: []guess{{2, 0.5}, {1, 0.3}}},
		{File: "d", Class: 2, Top: []guess{{2, 1}}},
		{File: "e", Class: 2, Error: "broken"},
	}
	e := evaluate(list, []string{"zero", "one", "two"})
	if e.Pictures != 4 || e.Failed != 1 || e.Top1 != 0.5 || e.Top5 != 0.75 {
		t.Errorf("%d pictures, %d failed, top-1 %g, top-5 %g", e.Pictures, e.Failed, e.Top1, e.Top5)
	}
	// Bins: (0.867, 0.933] has a and b, right one time of two at 0.9; (0.467, 0.533] has c,
	// wrong at 0.5; (0.933, 1] has d, right at 1.
	if want := 2./4*(0.9-0.5) + 1./4*0.5; math.Abs(e.ECE-want) > 1e-12 {
		t.Errorf("expected calibration error %g, want %g", e.ECE, want)
	}
	want := []classAccuracy{{0, "zero", 1, 0, 0}, {1, "one", 2, 0.5, 1}, {2, "two", 1, 1, 1}}
	if !reflect.DeepEqual(e.Classes, want) {
		t.Errorf("classes %+v", e.Classes)
	}
	if len(e.Wrong) != 2 || e.Wrong[0].File != "b" || e.Wrong[1].AsLabel != "two" || len(e.Confusion) != 2 {
		t.Errorf("wrong %+v, confusion %+v", e.Wrong, e.Confusion)
	}
	if none := evaluate(nil, nil); none.Pictures != 0 || none.Top1 != 0 || none.ECE != 0 {
		t.Errorf("of no pictures: %+v", none)
	}
}

// TestEvaluationPage: of many classes the page shows the least accurate, folds all and
// draws no matrix; names are escaped; of no pictures it has no drawing.
func TestEvaluationPage(t *testing.T) {
	var all []evaluated
	var labels []string
	for class := range mostClasses + 1 {
		labels = append(labels, fmt.Sprintf("<label %d>", class))
		all = append(all, evaluated{File: "<script>\n", Class: class, Top: []guess{{min(class, mostClasses-1), 0.25}}})
	}
	text := func(all []evaluated) string {
		var b strings.Builder
		if err := writeEvaluation(&b, page.About{Title: "eval"}, evaluate(all, labels), all, func(string) template.URL { return "" }); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	many := text(all)
	for _, want := range []string{
		"The 20 least accurate of 41.", "All 41 classes", `<tr><td class="name">&lt;label 40&gt;<td class="n">1<td class="n">0.0 %`,
		"<code>&#34;&lt;script&gt;\\n&#34;</code>", "0.200 to 0.267: 41 pictures, 25.0 % sure on average, 97.6 % right",
	} {
		if !strings.Contains(many, want) {
			t.Errorf("no %q in\n%s", want, many)
		}
	}
	for _, never := range []string{`<table class="matrix">`, "<img", "<script"} {
		if strings.Contains(many, never) {
			t.Errorf("%q is in the page", never)
		}
	}
	if few := text(all[1:]); !strings.Contains(few, `<table class="matrix">`) || strings.Contains(few, "least accurate") {
		t.Errorf("of %d classes:\n%s", mostClasses, few)
	}
	if none := text([]evaluated{{File: "a", Error: "a: broken"}}); !strings.Contains(none, "no picture could be classified") || strings.Contains(none, "<svg class") {
		t.Errorf("of no pictures:\n%s", none)
	}
}

// TestThumbnail: pictures of any shape, down to a strip, become a square.
func TestThumbnail(t *testing.T) {
	for _, c := range []struct{ width, height int }{{10, 20}, {192, 96}, {1, 1000}} {
		p := &preprocess.Picture{Width: c.width, Height: c.height, Stride: 3 * c.width, Pix: bytes.Repeat([]uint8{10, 200, 30}, c.width*c.height)}
		m, err := shrink(p)
		if err != nil {
			t.Fatal(err)
		}
		if b := m.Bounds(); b.Dx() != thumbnailSide || b.Dy() != thumbnailSide {
			t.Errorf("%d × %d became %v", c.width, c.height, b)
		}
		if r, g, b, a := m.At(0, thumbnailSide-1).RGBA(); r>>8 != 10 || g>>8 != 200 || b>>8 != 30 || a>>8 != 255 {
			t.Errorf("%d × %d: colour %d %d %d %d", c.width, c.height, r>>8, g>>8, b>>8, a>>8)
		}
	}
}

// TestRecordGoesOn: a record whose last line was not finished is cut there and goes on;
// what failed is tried again.
func TestRecordGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	header := recordHeader{Version: 1, Model: "abc", Preprocess: map[string]string{"size": "64"}}
	r, err := openRecord(path, header)
	if err != nil {
		t.Fatal(err)
	}
	answers := []evaluated{{File: "a", Class: 1, Top: []guess{{1, 0.5}}}, {File: "b", Error: "broken"}, {File: "c", Class: 2, Top: []guess{{0, 1}}}}
	for _, a := range answers {
		if err := r.add(a); err != nil {
			t.Fatal(err)
		}
	}
	r.close()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) + 1 {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := openRecord(path, header)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		for _, a := range answers {
			if have, ok := r.have[a.File]; ok && !reflect.DeepEqual(have, a) {
				t.Fatalf("cut at %d: %+v, want %+v", cut, have, a)
			} else if !ok {
				if err := r.add(a); err != nil {
					t.Fatal(err)
				}
			}
		}
		r.close()
		again, err := openRecord(path, header)
		if err != nil || len(again.have) != 2 {
			t.Fatalf("cut at %d: %d answers, error %v", cut, len(again.have), err)
		}
		again.close()
	}
}

// FuzzRecord: whatever a record has, reading it gives an error or answers of whole lines.
func FuzzRecord(f *testing.F) {
	f.Add("{\"mixconv_eval\":1,\"model_sha256\":\"\",\"preprocess\":null}\n{\"file\":\"a\",\"class\":1}\n")
	f.Fuzz(func(t *testing.T, text string) {
		r := &record{have: map[string]evaluated{}}
		good, err := r.read([]byte(text), recordHeader{Version: 1})
		if err == nil && (good < 0 || int(good) > len(text) || good > 0 && text[good-1] != '\n') {
			t.Errorf("%d of %d bytes are whole lines", good, len(text))
		}
	})
}

// FuzzPictureLine: a line names a class that there is, or is an error.
func FuzzPictureLine(f *testing.F) {
	for _, line := range []string{"a.png,three", "a b.png\t2", "a.png 1", "a.png -1", ",", "x"} {
		f.Add(line)
	}
	n := namedClasses{[]string{"one", "two", "three"}, 3}
	f.Fuzz(func(t *testing.T, line string) {
		if p, err := n.pictureLine(strings.TrimSpace(line), "folder"); err == nil && (p.class < 0 || p.class > 2 || p.file == "") {
			t.Errorf("%+v", p)
		}
	})
}
