package verify

import (
	"fmt"

	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
)

// Picture is a picture as an input: its file, and how it was prepared here.
type Picture struct {
	Path   string
	Stages preprocess.Stages
}

// pictureInput is the model's only input, made of the pictures.
func (s *subject) pictureInput(pictures []Picture) (runtime.Tensors, error) {
	if len(s.inputs) != 1 {
		return nil, fmt.Errorf("pictures: the model has %d inputs, allowed one", len(s.inputs))
	}
	var all *tensor.Tensor
	for _, p := range pictures {
		one := p.Stages.Input()
		if all == nil {
			all = &tensor.Tensor{DType: one.DType, Shape: one.Shape, Data: append([]float32(nil), tensor.Data[float32](one)...)}
			continue
		}
		all = join(all, one)
	}
	return runtime.Tensors{s.inputs[0].Name: all}, nil
}

// compareStages compares how pictures were prepared: a value for each step, in
// the order in which they are done here.
func (c *Comparison) compareStages(pictures []Picture, theirs []preprocess.Stages, tol Tolerance) {
	if len(pictures) == 0 || len(theirs) != len(pictures) {
		return
	}
	for _, step := range pictures[0].Stages {
		whole := Value{Name: step.Name, Pass: true, Shape: step.Value.Shape}
		for i, p := range pictures {
			ref := theirs[i].Get(step.Name)
			if ref == nil {
				whole.merge(Value{})
				whole.fail(p.Path, "not done in the reference")
				continue
			}
			v := Compare(step.Name, p.Stages.Get(step.Name), ref, tol)
			whole.merge(v)
			if !v.Pass {
				whole.fail(p.Path, v.Note)
			}
		}
		c.Stages = append(c.Stages, whole)
		c.judge(whole)
	}
}

// fail notes the first picture for which a step differs.
func (v *Value) fail(path, note string) {
	v.Pass = false
	if v.Note != "" {
		return
	}
	v.Note = path
	if note != "" {
		v.Note += ": " + note
	}
}

// merge adds another comparison of the same step. What cannot be compared is
// infinitely far away.
func (v *Value) merge(w Value) {
	atol, rtol := w.least()
	v.Compared += w.Compared
	v.Pictures++
	v.MaxAbs = max(v.MaxAbs, atol)
	v.MaxRel = max(v.MaxRel, rtol)
	v.MaxRef = max(v.MaxRef, w.MaxRef)
	v.NaN += w.NaN
	v.Infinite += w.Infinite
	v.Histogram.add(w.Histogram)
}

// stageName is what a recorded run calls a step of a picture's preparation.
func stageName(picture int, step string) string { return fmt.Sprintf("picture/%d/%s", picture, step) }

// stageArrays are the steps of preprocessing of all pictures, as a recorded run has them.
func (a *answer) stageArrays() runtime.Tensors {
	arrays := runtime.Tensors{}
	for i, steps := range a.stages {
		for _, step := range steps {
			arrays[stageName(i, step.Name)] = step.Value
		}
	}
	return arrays
}

// stageNames are the steps, as package preprocess calls them.
var stageNames = []string{preprocess.StageDecode, preprocess.StageResize, preprocess.StageCrop, preprocess.StageNormalize}

// takeStages takes the recorded steps of n pictures out of arrays; nil if they
// are not all there.
func takeStages(arrays runtime.Tensors, n int) []preprocess.Stages {
	var list []preprocess.Stages
	for i := 0; ; i++ {
		var steps preprocess.Stages
		for _, step := range stageNames {
			name := stageName(i, step)
			if t := arrays[name]; t != nil {
				steps = append(steps, preprocess.Stage{Name: step, Value: t})
				delete(arrays, name)
			}
		}
		if steps == nil {
			break
		}
		list = append(list, steps)
	}
	if n == 0 || len(list) != n {
		return nil
	}
	return list
}
