package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// scoreJob is the Job of deploy/score/job.yaml, every field of it.
type scoreJob struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct {
		Name   string
		Labels map[string]string
	}
	Spec struct {
		Suspend              bool
		CompletionMode       string `yaml:"completionMode"`
		Completions          int
		Parallelism          int
		BackoffLimitPerIndex int `yaml:"backoffLimitPerIndex"`
		MaxFailedIndexes     int `yaml:"maxFailedIndexes"`
		PodFailurePolicy     struct {
			Rules []struct {
				Action      string
				OnExitCodes struct {
					ContainerName string `yaml:"containerName"`
					Operator      string
					Values        []int
				} `yaml:"onExitCodes"`
			}
		} `yaml:"podFailurePolicy"`
		Template struct {
			Metadata struct{ Labels map[string]string }
			Spec     struct {
				RestartPolicy                 string `yaml:"restartPolicy"`
				AutomountServiceAccountToken  bool   `yaml:"automountServiceAccountToken"`
				TerminationGracePeriodSeconds int    `yaml:"terminationGracePeriodSeconds"`
				SecurityContext               any    `yaml:"securityContext"`
				Volumes                       []struct {
					Name  string
					Claim any `yaml:"persistentVolumeClaim"`
				}
				Containers []struct {
					Name, Image     string
					Command, Args   []string
					Resources       any
					SecurityContext any `yaml:"securityContext"`
					VolumeMounts    []struct {
						Name      string
						MountPath string `yaml:"mountPath"`
						ReadOnly  bool   `yaml:"readOnly"`
					} `yaml:"volumeMounts"`
				}
			}
		}
	}
}

// kueueObject is an object of deploy/score/queue.yaml, every field of it.
type kueueObject struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name, Namespace string }
	Spec       struct {
		NamespaceSelector map[string]string `yaml:"namespaceSelector"`
		QueueingStrategy  string            `yaml:"queueingStrategy"`
		ClusterQueue      string            `yaml:"clusterQueue"`
		ResourceGroups    []struct {
			CoveredResources []string `yaml:"coveredResources"`
			Flavors          []struct {
				Name      string
				Resources []struct {
					Name         string
					NominalQuota any `yaml:"nominalQuota"`
				}
			}
		} `yaml:"resourceGroups"`
	}
}

// decodeStrictly decodes documents of YAML in which every field is one of T.
func decodeStrictly[T any](t *testing.T, text string) (list []T) {
	t.Helper()
	d := yaml.NewDecoder(strings.NewReader(text))
	d.KnownFields(true)
	for {
		var one T
		err := d.Decode(&one)
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, one)
	}
}

// TestDeployScore: the Job's pods, as eight command lines, score every picture once, and
// the queue that the Job names is there.
func TestDeployScore(t *testing.T) {
	job := decodeStrictly[scoreJob](t, readDeploy(t, "score/job.yaml"))[0]
	spec := job.Spec
	pod := spec.Template.Spec.Containers[0]
	if job.APIVersion != "batch/v1" || job.Kind != "Job" || spec.CompletionMode != "Indexed" || spec.Completions != 8 || spec.Parallelism != 8 ||
		spec.PodFailurePolicy.Rules[0].OnExitCodes.ContainerName != pod.Name || !slices.Equal(spec.PodFailurePolicy.Rules[0].OnExitCodes.Values, []int{exitBadInput}) ||
		spec.Template.Spec.RestartPolicy != "Never" || pod.Image != "mixconv-serve:"+release || !slices.Equal(pod.Command, []string{"/mixconv"}) {
		t.Errorf("%+v", job)
	}
	queues := decodeStrictly[kueueObject](t, readDeploy(t, "score/queue.yaml"))
	flavor, cluster, local := queues[0], queues[1], queues[2]
	if local.Kind != "LocalQueue" || local.Metadata.Name != job.Metadata.Labels["kueue.x-k8s.io/queue-name"] || local.Spec.ClusterQueue != cluster.Metadata.Name ||
		cluster.Spec.ResourceGroups[0].Flavors[0].Name != flavor.Metadata.Name || flavor.Kind != "ResourceFlavor" {
		t.Errorf("%+v", queues)
	}

	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	exampleFiles(t, root)
	// The pods' folders are folders here.
	mounts := map[string]string{"/models/mixnet-s.onnx": "model.onnx", "/pictures": "photos", "/results/run-1": "results"}
	pictures := 40
	data, err := os.ReadFile("cat.jpg")
	if err != nil {
		t.Fatal(err)
	}
	for i := range pictures {
		if err := os.WriteFile(fmt.Sprintf("photos/three/%03d.jpg", i), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args []string) {
		t.Helper()
		var out, problem bytes.Buffer
		if code := mainCode(args, strings.NewReader(""), &out, &problem); code != exitOK {
			t.Fatalf("%q: exit %d: %s", args, code, problem.String())
		}
	}
	for index := range spec.Completions {
		args := slices.Clone(pod.Args)
		for i, arg := range args {
			if here, ok := mounts[arg]; ok {
				args[i] = here
			}
			args[i] = strings.ReplaceAll(args[i], "$(JOB_COMPLETION_INDEX)", fmt.Sprint(index))
		}
		run(args)
	}
	run([]string{"score", "model.onnx", "photos", "-o", "whole"})
	if got, want := sortedLines(t, "results"), sortedLines(t, "whole"); !slices.Equal(got, want) || len(got) != pictures+2 {
		t.Errorf("%d rows of the pods, %d of one run, or other ones", len(got), len(want))
	}
}

// sortedLines are the lines of all parts in a folder.
func sortedLines(t *testing.T, folder string) (lines []string) {
	t.Helper()
	parts, _ := filepath.Glob(filepath.Join(folder, "part-*.jsonl"))
	for _, part := range parts {
		data, err := os.ReadFile(part)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.Split(strings.TrimSpace(string(data)), "\n")...)
	}
	slices.Sort(lines)
	return lines
}
