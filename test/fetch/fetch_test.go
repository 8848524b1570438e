// Package fetch tries what somebody else's go command does with the modules of this
// repository: it knows nothing of the folder around a nested module, so a replace
// directive there does not count.
package fetch

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/internal/testenv"
)

const (
	root    = "../.."
	main    = "github.com/mixconv/mixconv"
	version = "v0.0.1-test" // of the nested modules
)

// goMod is what go mod edit -json prints of a go.mod.
type goMod struct {
	Module  struct{ Path string }
	Require []struct{ Path, Version string }
}

// TestFetch gets every nested module, and builds what an app would, from a proxy that
// has the files of this repository. Others come from the module cache or whence they
// always do.
func TestFetch(t *testing.T) {
	if os.Getenv("MIXCONV_FETCH") == "" {
		testenv.Missing(t, "fetch", "MIXCONV_FETCH is not set: modules would be fetched and the engine built anew; make test-refs sets it")
	}
	p := newProxy(t)
	for _, folder := range p.nested {
		t.Run(folder, func(t *testing.T) {
			m := readGoMod(t, folder)
			if strings.Contains(folder, "/_") {
				t.Skip("a generator; the go command does not look into folders that begin with _")
			}
			for _, r := range m.Require {
				if r.Path == main {
					p.publish(t, main, r.Version, "")
					requirePublished(t, r.Version)
				}
			}
			p.publish(t, m.Module.Path, version, folder)
			app := p.newApp(t, folder)
			app.run(t, "get", m.Module.Path+"@"+version)
			switch folder {
			case "interop/onnxgo":
				app.run(t, "build", m.Module.Path)
			case "cmd/mixconv-onnxgo":
				app.run(t, "install", m.Module.Path+"@"+version)
			}
		})
	}
}

var pseudoVersion = regexp.MustCompile(`^v0\.0\.0-\d{14}-([0-9a-f]{12})$`)

// requirePublished: a version of the main module that a nested one requires is a commit
// that HEAD came from.
func requirePublished(t *testing.T, version string) {
	t.Helper()
	commit := pseudoVersion.FindStringSubmatch(version)
	if commit == nil {
		t.Fatalf("%s of the main module is required, allowed is the pseudo-version of a commit: go list -m -json %s@COMMIT prints it", version, main)
	}
	if shallow, err := git("rev-parse", "--is-shallow-repository"); err == nil && strings.TrimSpace(shallow) == "true" {
		t.Log("a shallow clone does not tell which commits there were")
		return
	}
	if out, err := git("merge-base", "--is-ancestor", commit[1], "HEAD"); err != nil {
		t.Errorf("version %s: commit %s is not one that HEAD came from: %s%v", version, commit[1], out, err)
	}
	stamp, err := git("-c", "core.quotePath=off", "show", "-s", "--date=format-local:%Y%m%d%H%M%S", "--format=%cd", commit[1])
	if err != nil || !strings.Contains(version, strings.TrimSpace(stamp)) {
		t.Errorf("version %s: the commit's time is %s%v", version, stamp, err)
	}
}

func git(args ...string) (string, error) {
	c := exec.Command("git", append([]string{"-C", root}, args...)...)
	c.Env = append(os.Environ(), "TZ=UTC")
	out, err := c.CombinedOutput()
	return string(out), err
}

func readGoMod(t *testing.T, folder string) (m goMod) {
	t.Helper()
	out, err := exec.Command("go", "mod", "edit", "-json", filepath.Join(root, folder, "go.mod")).Output()
	if err == nil {
		err = json.Unmarshal(out, &m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// proxy is a folder that the go command takes for a module proxy.
type proxy struct {
	folder string
	files  []string // of the repository
	nested []string // folders of nested modules
}

func newProxy(t *testing.T) *proxy {
	t.Helper()
	if _, err := git("rev-parse", "HEAD"); err != nil {
		testenv.Missing(t, "git", "this is no git repository")
	}
	list, err := git("-c", "core.quotePath=off", "ls-files", "-co", "--exclude-standard", "-z")
	if err != nil {
		t.Fatal(list)
	}
	p := &proxy{folder: t.TempDir()}
	for _, file := range strings.Split(strings.TrimSuffix(list, "\x00"), "\x00") {
		if _, err := os.Stat(filepath.Join(root, file)); err == nil { // not one deleted since
			p.files = append(p.files, file)
		}
		if path.Base(file) == "go.mod" && file != "go.mod" {
			p.nested = append(p.nested, path.Dir(file))
		}
	}
	if len(p.nested) < 5 {
		t.Fatalf("%d nested modules: %q", len(p.nested), p.nested)
	}
	return p
}

// publish puts a module, which begins at folder, into the proxy under a version.
func (p *proxy) publish(t *testing.T, module, version, folder string) {
	t.Helper()
	at := filepath.Join(p.folder, filepath.FromSlash(module), "@v")
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, folder, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"list":            []byte(version + "\n"),
		version + ".mod":  text,
		version + ".info": fmt.Appendf(nil, `{"Version":%q,"Time":"2026-01-01T00:00:00Z"}`, version),
	} {
		if err := os.WriteFile(filepath.Join(at, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Create(filepath.Join(at, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := zip.NewWriter(f)
	for _, file := range p.filesOf(folder) {
		p.add(t, w, file, path.Join(module+"@"+version, strings.TrimPrefix(file, folder)))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// filesOf are those of the module that begins at folder: what is not in a module below.
func (p *proxy) filesOf(folder string) (files []string) {
	within := func(file, folder string) bool { return folder == "" || strings.HasPrefix(file, folder+"/") }
	for _, file := range p.files {
		below := slices.ContainsFunc(p.nested, func(n string) bool { return n != folder && within(n, folder) && within(file, n) })
		if within(file, folder) && !below {
			files = append(files, file)
		}
	}
	return files
}

func (p *proxy) add(t *testing.T, w *zip.Writer, file, name string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	to, err := w.Create(name)
	if err == nil {
		_, err = to.Write(data)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// app is somebody's module that needs one of ours.
type app struct {
	folder string
	env    []string
}

// newApp has the sums of the repository's go.mod files for other people's modules, so
// that these are verified; ours have none yet.
func (p *proxy) newApp(t *testing.T, nested string) *app {
	t.Helper()
	var sums []byte
	for _, folder := range []string{"", nested} {
		text, err := os.ReadFile(filepath.Join(root, folder, "go.sum"))
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, text...)
	}
	folder := t.TempDir()
	for name, data := range map[string][]byte{"go.mod": []byte("module example.com/app\n\ngo 1.26.0\n"), "go.sum": sums} {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command("go", "env", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	cache, usual, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	url := func(folder string) string { return "file:///" + strings.TrimPrefix(filepath.ToSlash(folder), "/") }
	return &app{folder, append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0", "GOFLAGS=-modcacherw -trimpath", "GONOSUMDB="+main, "GOVCS=*:off",
		"GOPROXY="+url(p.folder)+","+url(filepath.Join(cache, "cache", "download"))+","+usual,
		"GOMODCACHE="+filepath.Join(p.folder, "cache"), "GOBIN="+filepath.Join(p.folder, "bin"))}
}

func (a *app) run(t *testing.T, args ...string) {
	t.Helper()
	c := exec.Command("go", args...)
	c.Dir, c.Env = a.folder, a.env
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
