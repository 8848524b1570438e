package score

import (
	"context"
	"errors"
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var kills = flag.Int("kills", 6, "how often TestKilled kills a run")

// TestResume: a run that is ended again and again writes the very files of one that is not.
func TestResume(t *testing.T) {
	dir, m, place := pictureFolder(t, 60), newModel(t, Top), t.TempDir()
	whole, pieces := filepath.Join(place, "whole"), filepath.Join(place, "pieces")
	runAll(t, m, openAll(t, dir), whole, small(2, 7))
	want := files(t, whole)
	runs := 0
	for ; ; runs++ {
		ctx, cancel := context.WithCancel(t.Context())
		o := small(2, 7)
		before := int64(-1)
		o.Progress = func(pictures int64, done float64) {
			if before < 0 {
				before = pictures
			}
			if pictures >= before+10 {
				cancel()
			}
		}
		s, err := Run(ctx, m, openAll(t, dir), pieces, o)
		cancel()
		if err == nil {
			if s.Pictures != 60 || s.Failed != 6 || s.Parts != 9 || s.Resumed == 0 {
				t.Errorf("the last run: %+v", s)
			}
			break
		}
		if !errors.Is(err, context.Canceled) || runs > 20 {
			t.Fatalf("run %d: %v", runs, err)
		}
	}
	if runs < 3 {
		t.Errorf("%d runs were ended", runs)
	}
	if got := files(t, pieces); !maps.Equal(got, want) {
		t.Error("other files")
	}
	s, err := Run(t.Context(), m, openAll(t, dir), pieces, small(2, 7))
	if err != nil || s.Resumed != 60 || !maps.Equal(files(t, pieces), want) {
		t.Errorf("after the end: %+v, %v", s, err)
	}
}

// TestDamagedParts: a part that is lost or changed is written anew, and a line that a
// killed run left unfinished is dropped.
func TestDamagedParts(t *testing.T) {
	dir, m, out := pictureFolder(t, 40), newModel(t, Top), filepath.Join(t.TempDir(), "out")
	runAll(t, m, openAll(t, dir), out, small(2, 6))
	want := files(t, out)
	path := func(name string) string { return filepath.Join(out, name) }
	parts := func() map[string]string {
		list := files(t, out)
		delete(list, manifestName(0))
		return list
	}
	wantParts := maps.Clone(want)
	delete(wantParts, manifestName(0))

	os.Remove(path("part-00000-000002.jsonl"))
	write(t, path("part-00000-000004.jsonl"), []byte(strings.Replace(want["part-00000-000004.jsonl"], "0.1", "0.2", 1)))
	write(t, path("part-00000-000006.jsonl"), nil)
	s, _ := runAll(t, m, openAll(t, dir), out, small(2, 6))
	if s.Resumed != 24 || s.Pictures != 40 || s.Parts != 7 || !maps.Equal(parts(), wantParts) {
		t.Errorf("after damage: %+v", s)
	}
	manifest := want[manifestName(0)]
	for cut := 0; cut < len(manifest); cut += 97 {
		write(t, path(manifestName(0)), []byte(manifest[:cut]))
		if s, err := Run(t.Context(), m, openAll(t, dir), out, small(2, 6)); err != nil || s.Pictures != 40 || !maps.Equal(parts(), wantParts) {
			t.Fatalf("with %d bytes of the manifest: %+v, %v", cut, s, err)
		}
	}
}

// TestOtherRun: results of other pictures, models or options are not mixed with a run's.
func TestOtherRun(t *testing.T) {
	dir, m, place := pictureFolder(t, 20), newModel(t, Top), t.TempDir()
	out := filepath.Join(place, "out")
	o := small(1, 6)
	o.Model = map[string]string{"sha256": "1"}
	runAll(t, m, openAll(t, dir), out, o)
	want := files(t, out)

	refused := func(what, wanted string, m *Model, o Options, dir string) {
		t.Helper()
		_, err := Run(t.Context(), m, openAll(t, dir), out, o)
		if err == nil || !strings.Contains(err.Error(), wanted) {
			t.Errorf("%s: %v", what, err)
		}
		if !maps.Equal(files(t, out), want) {
			t.Errorf("%s: files have changed", what)
		}
	}
	other := o
	other.Model = map[string]string{"sha256": "2"}
	refused("another model", "results of another model", m, other, dir)
	other = o
	other.Rows = 5
	refused("other parts", "results with rows of a part 6, and this run has 5", m, other, dir)
	refused("other values", "results with values top, and this run has logits", newModel(t, Logits), o, dir)
	refused("fewer pictures", "the sources have changed", m, o, filepath.Join(dir, "0"))
	more := pictureFolder(t, 22)
	refused("other names", "the sources have changed", m, o, more)
	write(t, filepath.Join(dir, "1", "9999.png"), picturePNG(1))
	refused("more pictures", "the sources have changed", m, o, dir)

	strange := filepath.Join(place, "strange")
	if err := os.Mkdir(strange, 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(strange, "thesis.tex"), nil)
	if _, err := Run(t.Context(), m, openAll(t, dir), strange, o); err == nil || !strings.Contains(err.Error(), "thesis.tex: name an empty folder") {
		t.Errorf("a folder with other files: %v", err)
	}
	for line, wanted := range map[string]string{
		"text\n":                     "line 1: no manifest of mixconv score",
		`{"mixconv_score":9}` + "\n": "line 1: no manifest of mixconv score, version 1",
		strings.Split(want[manifestName(0)], "\n")[0] + "\n" + `{"part":0,"rows":3,"file":"../../etc/passwd"}` + "\n": "line 2: it describes no part of shard 0",
	} {
		write(t, filepath.Join(out, manifestName(0)), []byte(line))
		if _, err := Run(t.Context(), m, openAll(t, dir), out, o); err == nil || !strings.Contains(err.Error(), wanted) {
			t.Errorf("%.40q: %v", line, err)
		}
	}
	// A run that failed before its first part leaves nothing that binds the next one.
	failed := filepath.Join(place, "failed")
	write(t, filepath.Join(place, "broken.zip"), nil)
	if _, err := Run(t.Context(), m, openAll(t, filepath.Join(place, "broken.zip")), failed, o); err == nil {
		t.Error("a broken archive: no error")
	}
	runAll(t, m, openAll(t, dir), failed, small(2, 11))
	for _, rows := range []int{-1, maxRows + 1} {
		if _, err := Run(t.Context(), m, nil, t.TempDir(), small(1, rows)); err == nil {
			t.Errorf("%d rows: no error", rows)
		}
	}
}

// TestKilled: processes that are killed while they score, and started again, write the very
// files of one that is not: nothing is lost, nothing is there twice.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("MIXCONV_SCORE_PICTURES"); dir != "" {
		runAll(t, newModel(t, Top), openAll(t, dir), os.Getenv("MIXCONV_SCORE_OUT"), small(2, 9))
		return
	}
	if testing.Short() {
		t.Skip("starts and kills processes")
	}
	dir, place := pictureFolder(t, 200), t.TempDir()
	whole, out := filepath.Join(place, "whole"), filepath.Join(place, "out")
	begin := time.Now()
	runAll(t, newModel(t, Top), openAll(t, dir), whole, small(2, 9))
	usual := time.Since(begin)

	child := func() *exec.Cmd {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), "MIXCONV_SCORE_PICTURES="+dir, "MIXCONV_SCORE_OUT="+out)
		return cmd
	}
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	killed, finished := 0, 0
	for range *kills {
		cmd := child()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(r.Int64N(int64(usual)/2 + 1)))
		cmd.Process.Kill()
		if cmd.Wait() != nil {
			killed++
			continue
		}
		finished++
		if !maps.Equal(files(t, out), files(t, whole)) {
			t.Fatal("a run that was not killed wrote other files")
		}
		os.RemoveAll(out)
	}
	if data, err := child().CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	if got, want := files(t, out), files(t, whole); !maps.Equal(got, want) {
		t.Errorf("after %d kills: %d files, want %d, or other bytes", killed, len(got), len(want))
	}
	t.Logf("killed %d times, %d runs came to their end", killed, finished)
}
