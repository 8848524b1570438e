package main

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
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
