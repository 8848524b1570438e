// Package examples builds and runs the programs in its folders.
package examples

import (
	"bufio"
	"bytes"
	"encoding/json"
	"image"
	"image/jpeg"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// three is a handwritten digit of 8×8 pixels, from 0 (white) to g (16).
var three = []string{"006egg20", "05gdbg00", "0072fc00", "0007gd10", "00006fa0", "00000f90", "003b8g60", "007gg800"}

// writePicture writes the three as a JPEG of 80×80 pixels.
func writePicture(t *testing.T, path string) {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 80, 80))
	for i := range m.Pix {
		m.Pix[i] = uint8(min(16*strings.IndexByte("0123456789abcdefg", three[i/80/10][i%80/10]), 255))
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

func build(t *testing.T, name string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command("go", "build", "-o", program, "./"+name).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// digitsModel is what go generate makes in embed.
func digitsModel(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("embed", "digits.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestEmbedded: the file that is embedded is what go generate makes of the checkpoint.
func TestEmbedded(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("embed", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(source), "//go:generate go ")
	line, _, _ = strings.Cut(line, "\n")
	output := filepath.Join(t.TempDir(), "digits.onnx")
	command := exec.Command("go", strings.Fields(strings.Replace(line, "digits.onnx", output, 1))...)
	command.Dir = "embed"
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(digitsModel(t)); err != nil || !bytes.Equal(got, want) {
		t.Errorf("embed/digits.onnx is not what go generate makes: %v", err)
	}
}

func TestEmbed(t *testing.T) {
	picture := filepath.Join(t.TempDir(), "three.jpg")
	writePicture(t, picture)
	out, err := exec.Command(build(t, "embed"), picture).CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "three  ") || strings.Count(string(out), "\n") != 3 {
		t.Errorf("%v: %s", err, out)
	}
}

// TestFolder: answers come in order, a picture that cannot be read among them.
func TestFolder(t *testing.T) {
	folder := t.TempDir()
	writePicture(t, filepath.Join(folder, "a.jpg"))
	writePicture(t, filepath.Join(folder, "c.jpg"))
	if err := os.WriteFile(filepath.Join(folder, "b.jpg"), []byte("no picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(build(t, "folder"), digitsModel(t), folder).CombinedOutput()
	lines := strings.Split(string(out), "\n")
	if err != nil || len(lines) != 4 || !strings.Contains(lines[0], "a.jpg\tthree\t") || !strings.Contains(lines[1], "b.jpg\t") || !strings.Contains(lines[2], "c.jpg\tthree\t") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestPool(t *testing.T) {
	folder := t.TempDir()
	var paths, want []string
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		paths = append(paths, filepath.Join(folder, name+".jpg"))
		writePicture(t, paths[len(paths)-1])
	}
	command := exec.Command(build(t, "pool"), digitsModel(t))
	command.Stdin = strings.NewReader(strings.Join(paths, "\n") + "\n")
	out, err := command.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		path, rest, _ := strings.Cut(line, "\t")
		if strings.HasPrefix(rest, "three\t") {
			want = append(want, path)
		}
	}
	slices.Sort(want)
	if err != nil || !slices.Equal(want, paths) {
		t.Errorf("%v: %s", err, out)
	}
}

func TestWeb(t *testing.T) {
	command := exec.Command(build(t, "web"), digitsModel(t), "127.0.0.1:0")
	stdout, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = command.Process.Kill(); _ = command.Wait() }()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	address, ok := strings.CutPrefix(line, "listening on ")
	if err != nil || !ok {
		t.Fatalf("%v: %q", err, line)
	}
	url := "http://" + strings.TrimSpace(address) + "/"
	picture := filepath.Join(t.TempDir(), "three.jpg")
	writePicture(t, picture)
	data, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	var classes []struct{ Label string }
	if status := post(t, url, data, &classes); status != http.StatusOK || len(classes) != 5 || classes[0].Label != "three" {
		t.Errorf("status %d, %v", status, classes)
	}
	if status := post(t, url, []byte("no picture"), nil); status != http.StatusUnprocessableEntity {
		t.Errorf("status %d for no picture", status)
	}
}

func post(t *testing.T, url string, data []byte, answer any) int {
	t.Helper()
	r, err := http.Post(url, "application/octet-stream", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if answer != nil {
		if err := json.NewDecoder(r.Body).Decode(answer); err != nil {
			t.Fatal(err)
		}
	}
	return r.StatusCode
}
