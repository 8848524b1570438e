package main

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/serve"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// serveFlags are those of serve, as a program that has just started has them.
func serveFlags() *pflag.FlagSet {
	o := serving{Options: serve.Defaults()}
	f := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	o.register(f)
	return f
}

// checkVariables wants every variable of serve in text to be a flag's, and its value, if
// there is one, to be what the flag takes.
func checkVariables(t *testing.T, text string, values map[string]string) {
	t.Helper()
	flags := map[string]*pflag.Flag{}
	serveFlags().VisitAll(func(f *pflag.Flag) { flags[variable(f.Name)] = f })
	for _, name := range regexp.MustCompile(`MIXCONV_[A-Z_]+`).FindAllString(text, -1) {
		if flags[name] == nil {
			t.Errorf("no flag has the variable %s", name)
		}
	}
	for name, value := range values {
		if f := flags[name]; f != nil {
			if err := f.Value.Set(value); err != nil {
				t.Errorf("%s=%s: %v", name, value, err)
			}
		}
	}
}

func readDeploy(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestServingPage: docs/serving.md lists every flag of serve with its variable and its
// usual value, and no other.
func TestServingPage(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "serving.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	checkVariables(t, page, nil)
	var listed, flags []string
	for _, row := range regexp.MustCompile("(?m)^\\| `--([a-z-]+)` \\| `([A-Z_]+)` \\|([^|]*)\\|").FindAllStringSubmatch(page, -1) {
		listed = append(listed, row[1])
		if row[2] != variable(row[1]) {
			t.Errorf("--%s has the variable %s", row[1], row[2])
		}
		f := serveFlags().Lookup(row[1])
		if f == nil {
			continue
		}
		usual := strings.Trim(row[3], "` ")
		sizes := map[string]string{"64 MiB": "67108864", "1 GiB": "1073741824", "32 KiB": "32768", "1m": "1m0s", "2m": "2m0s"}
		if bytes, ok := sizes[usual]; ok {
			usual = bytes
		}
		if usual != f.DefValue && row[1] != "threads" && row[1] != "run-threads" { // these are the machine's
			t.Errorf("--%s: the page says %q, it is %q", row[1], usual, f.DefValue)
		}
	}
	serveFlags().VisitAll(func(f *pflag.Flag) { flags = append(flags, f.Name) })
	slices.Sort(listed)
	slices.Sort(flags)
	if !slices.Equal(listed, flags) {
		t.Errorf("the page lists %q\nthe flags are %q", listed, flags)
	}
}

// TestEnvironment: a variable sets a flag, unless the flag is given.
func TestEnvironment(t *testing.T) {
	t.Setenv("MIXCONV_SERVE_MAX_BATCH", "7")
	t.Setenv("MIXCONV_SERVE_QUEUE", "9")
	f := serveFlags()
	if err := f.Parse([]string{"--queue", "5"}); err != nil {
		t.Fatal(err)
	}
	if err := fromEnvironment(f); err != nil {
		t.Fatal(err)
	}
	if batch, queue := f.Lookup("max-batch").Value.String(), f.Lookup("queue").Value.String(); batch != "7" || queue != "5" {
		t.Errorf("--max-batch %s, --queue %s", batch, queue)
	}
	t.Setenv("MIXCONV_SERVE_DRAIN", "soon")
	if err := fromEnvironment(serveFlags()); err == nil || !strings.Contains(err.Error(), "MIXCONV_SERVE_DRAIN is soon") {
		t.Errorf("error %v", err)
	}
}

// container is what Kubernetes and KServe run.
type container struct {
	Name, Image string
	Args        []string
	Env         []struct {
		Name, Value string
		ValueFrom   any `yaml:"valueFrom"`
	}
	Ports []struct {
		Name          string
		ContainerPort int `yaml:"containerPort"`
		Protocol      string
	}
	StartupProbe    probe `yaml:"startupProbe"`
	ReadinessProbe  probe `yaml:"readinessProbe"`
	LivenessProbe   probe `yaml:"livenessProbe"`
	Resources       any
	SecurityContext any `yaml:"securityContext"`
	VolumeMounts    []struct {
		Name      string
		MountPath string `yaml:"mountPath"`
		ReadOnly  bool   `yaml:"readOnly"`
	} `yaml:"volumeMounts"`
}

type probe struct {
	HTTPGet struct {
		Path string
		Port any
	} `yaml:"httpGet"`
	PeriodSeconds    int `yaml:"periodSeconds"`
	TimeoutSeconds   int `yaml:"timeoutSeconds"`
	FailureThreshold int `yaml:"failureThreshold"`
}

func (c *container) check(t *testing.T) {
	t.Helper()
	values := map[string]string{}
	for _, e := range c.Env {
		values[e.Name] = e.Value
	}
	checkVariables(t, strings.Join(append(slices.Sorted(maps.Keys(values)), c.Args...), " "), values)
	if values["MIXCONV_SERVE_LISTEN"] != "0.0.0.0:8080" || len(c.Ports) != 1 || c.Ports[0].ContainerPort != 8080 || len(c.Args) != 1 {
		t.Errorf("listens on %q, ports %v, arguments %q", values["MIXCONV_SERVE_LISTEN"], c.Ports, c.Args)
	}
	if c.ReadinessProbe.HTTPGet.Path != "/v2/health/ready" || c.LivenessProbe.HTTPGet.Path != "/v2/health/live" {
		t.Errorf("probes %v and %v", c.ReadinessProbe, c.LivenessProbe)
	}
	if c.Image != "mixconv-serve:"+release {
		t.Errorf("image %s, the release is %s", c.Image, release)
	}
}

// manifest is a Kubernetes object, as far as deploy has such.
type manifest struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct {
		Name   string
		Labels map[string]string
	}
	Spec struct {
		Replicas int
		Selector any
		Template struct {
			Metadata struct {
				Labels, Annotations map[string]string
			}
			Spec struct {
				AutomountServiceAccountToken  bool  `yaml:"automountServiceAccountToken"`
				TerminationGracePeriodSeconds int   `yaml:"terminationGracePeriodSeconds"`
				SecurityContext               any   `yaml:"securityContext"`
				Volumes                       []any `yaml:"volumes"`
				Containers                    []container
			}
		}
		Ports []struct {
			Name        string
			Port        int
			TargetPort  string `yaml:"targetPort"`
			AppProtocol string `yaml:"appProtocol"`
		}
		Annotations           map[string]string
		SupportedModelFormats []struct {
			Name, Version string
			AutoSelect    bool `yaml:"autoSelect"`
			Priority      int
		} `yaml:"supportedModelFormats"`
		ProtocolVersions []string `yaml:"protocolVersions"`
		Containers       []container
	}
}

// manifests parses YAML in which every field is one of manifest.
func manifests(t *testing.T, text string) map[string]manifest {
	t.Helper()
	list := map[string]manifest{}
	d := yaml.NewDecoder(strings.NewReader(text))
	d.KnownFields(true)
	for {
		var m manifest
		err := d.Decode(&m)
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		if m.Metadata.Name == "" || m.APIVersion == "" {
			t.Errorf("%s %q of %q", m.Kind, m.Metadata.Name, m.APIVersion)
		}
		list[m.Kind] = m
	}
}

// TestDeployKubernetes: the Deployment and its Service parse and fit together.
func TestDeployKubernetes(t *testing.T) {
	list := manifests(t, readDeploy(t, "kubernetes.yaml"))
	d, s := list["Deployment"], list["Service"]
	if d.APIVersion != "apps/v1" || s.APIVersion != "v1" || len(d.Spec.Template.Spec.Containers) != 1 {
		t.Fatalf("%+v", list)
	}
	c := d.Spec.Template.Spec.Containers[0]
	c.check(t)
	if c.StartupProbe.HTTPGet.Path != "/v2/health/ready" || len(c.VolumeMounts) != 1 || c.VolumeMounts[0].MountPath != c.Args[0] {
		t.Errorf("container %+v", c)
	}
	if grace := d.Spec.Template.Spec.TerminationGracePeriodSeconds; float64(grace) <= serve.Defaults().Drain.Seconds() {
		t.Errorf("%d s to end, and the server takes up to %s", grace, serve.Defaults().Drain)
	}
	for _, p := range s.Spec.Ports {
		if p.TargetPort != c.Ports[0].Name {
			t.Errorf("port %+v", p)
		}
	}
}

// TestDeployKServe: the ServingRuntime parses and names what KServe fills in.
func TestDeployKServe(t *testing.T) {
	r := manifests(t, readDeploy(t, "kserve.yaml"))["ClusterServingRuntime"]
	if r.APIVersion != "serving.kserve.io/v1alpha1" || len(r.Spec.Containers) != 1 {
		t.Fatalf("%+v", r)
	}
	c := r.Spec.Containers[0]
	c.check(t)
	if c.Name != "kserve-container" || c.Args[0] != "{{.Name}}=/mnt/models" || !slices.Equal(r.Spec.ProtocolVersions, []string{"v2", "grpc-v2"}) || r.Spec.SupportedModelFormats[0].Name != "onnx" {
		t.Errorf("runtime %+v", r.Spec)
	}
}

// TestDeployContainerfile: every line is an instruction, and the program's flags fit.
func TestDeployContainerfile(t *testing.T) {
	text := readDeploy(t, "Containerfile")
	values := map[string]string{}
	var instructions []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		instructions = append(instructions, word)
		if !slices.Contains([]string{"FROM", "ARG", "COPY", "USER", "EXPOSE", "ENV", "STOPSIGNAL", "ENTRYPOINT", "CMD"}, word) || rest == "" {
			t.Errorf("line %q", line)
		}
		if word == "ENV" {
			name, value, _ := strings.Cut(rest, "=")
			values[name] = value
		}
	}
	checkVariables(t, text, values)
	if instructions[0] != "FROM" || !strings.Contains(text, "\nFROM scratch\n") || !strings.Contains(text, "\nUSER 65534:65534\n") || !strings.Contains(text, `ENTRYPOINT ["/mixconv", "serve"]`) {
		t.Error("it does not run mixconv serve, as nobody, from scratch")
	}
	if !strings.Contains(text, "PROGRAM=mixconv_"+release+"_linux_amd64") {
		t.Errorf("its example is not of release %s", release)
	}
}

// TestDeploySystemd: the unit has sections of keys and values, and systemd finds nothing
// wrong, where it is there.
func TestDeploySystemd(t *testing.T) {
	text := readDeploy(t, "mixconv.service")
	sections := map[string]map[string]string{}
	var section map[string]string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		key, value, ok := strings.Cut(line, "=")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			section = map[string]string{}
			sections[line] = section
		case !ok || section == nil || !regexp.MustCompile(`^[A-Z][A-Za-z]+$`).MatchString(key):
			t.Errorf("line %q", line)
		default:
			if _, twice := section[key]; twice {
				t.Errorf("%s is there twice", key)
			}
			section[key] = value
		}
	}
	checkVariables(t, text, nil)
	if s := sections["[Service]"]; !strings.HasPrefix(s["ExecStart"], "/usr/local/bin/mixconv serve ") || s["KillSignal"] != "SIGTERM" || s["TimeoutStopSec"] != "60" || sections["[Install]"] == nil || sections["[Unit]"] == nil {
		t.Errorf("sections %v", sections)
	}
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		return
	}
	var out bytes.Buffer
	verify := exec.Command("systemd-analyze", "verify", filepath.Join("..", "..", "deploy", "mixconv.service"))
	verify.Stderr = &out
	_ = verify.Run() // it fails where the program is not installed
	for line := range strings.Lines(out.String()) {
		if strings.Contains(line, "mixconv.service") && !strings.Contains(line, "is not executable") {
			t.Error(line)
		}
	}
}
