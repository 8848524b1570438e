package mixconv_test

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestDependabot: every Go module and every list of Python packages of the repository is
// looked at for newer versions.
func TestDependabot(t *testing.T) {
	var file struct {
		Updates []struct {
			Ecosystem   string   `yaml:"package-ecosystem"`
			Directories []string `yaml:"directories"`
		} `yaml:"updates"`
	}
	readYAML(t, ".github/dependabot.yml", &file)
	want := map[string]map[string]bool{"gomod": {}, "pip": {}}
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		switch base := path.Base(name); {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(base, ".") && name != ".", base == "dist":
			return fs.SkipDir
		case base == "go.mod":
			want["gomod"][path.Join("/", path.Dir(name))] = true
		case strings.HasPrefix(base, "requirements") && strings.HasSuffix(base, ".txt"):
			want["pip"][path.Join("/", path.Dir(name))] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range file.Updates {
		if dirs := want[u.Ecosystem]; dirs != nil && !slices.Equal(slices.Sorted(maps.Keys(dirs)), slices.Sorted(slices.Values(u.Directories))) {
			t.Errorf("%s: %v, want %v", u.Ecosystem, u.Directories, slices.Sorted(maps.Keys(dirs)))
		}
		delete(want, u.Ecosystem)
	}
	if len(want) > 0 {
		t.Errorf("no updates of %v", slices.Sorted(maps.Keys(want)))
	}
}

// TestWorkflows: what the workflows run is there.
func TestWorkflows(t *testing.T) {
	files, err := filepath.Glob(".github/workflows/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		var file struct {
			Jobs map[string]struct {
				Steps []struct{ Run string } `yaml:"steps"`
			} `yaml:"jobs"`
		}
		readYAML(t, name, &file)
		ran := 0
		for job, j := range file.Jobs {
			for _, step := range j.Steps {
				for _, target := range regexp.MustCompile(`(?m)^make (\S+)`).FindAllStringSubmatch(step.Run, -1) {
					ran++
					if !strings.Contains(string(makefile), "\n"+target[1]+":\n") {
						t.Errorf("%s, %s: make has no target %s", name, job, target[1])
					}
				}
				for _, script := range regexp.MustCompile(`(?m)^\S+\.sh`).FindAllString(step.Run, -1) {
					ran++
					if _, err := os.Stat(script); err != nil {
						t.Errorf("%s, %s: %v", name, job, err)
					}
				}
				ran += strings.Count(step.Run, "go ")
			}
		}
		if ran == 0 {
			t.Errorf("%s runs nothing", name)
		}
	}
}

func readYAML(t *testing.T, name string, v any) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err == nil {
		err = yaml.Unmarshal(data, v)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}
