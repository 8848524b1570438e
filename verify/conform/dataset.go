package conform

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"

	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
)

// dataSet names the files of one set. Without inputs the model runs on the
// ramp that the light models expect.
type dataSet struct {
	inputs, outputs []string
}

// dataSets lists test_data_set_0, 1, … of a case.
func dataSets(data fs.FS, folder string) ([]dataSet, error) {
	var sets []dataSet
	for i := 0; ; i++ {
		dir := path.Join(folder, "test_data_set_"+strconv.Itoa(i))
		if _, err := fs.Stat(data, dir); errors.Is(err, fs.ErrNotExist) {
			return sets, nil
		} else if err != nil {
			return nil, err
		}
		set := dataSet{inputs: []string{}}
		for _, part := range []struct {
			prefix string
			files  *[]string
		}{{"input_", &set.inputs}, {"output_", &set.outputs}} {
			for k := 0; ; k++ {
				file := path.Join(dir, part.prefix+strconv.Itoa(k)+".pb")
				if _, err := fs.Stat(data, file); err != nil {
					break
				}
				*part.files = append(*part.files, file)
			}
		}
		sets = append(sets, set)
	}
}

// run runs s on the set's inputs and compares the outputs, with other values than
// the case's if there is a contradiction.
func (d dataSet) run(ctx context.Context, data fs.FS, s *runtime.Session, other *contradiction) error {
	in, err := d.input(data, s)
	if err != nil {
		return err
	}
	out, err := s.Run(ctx, in)
	if err != nil {
		return err
	}
	declared := s.Outputs()
	if len(declared) != len(d.outputs) {
		return fmt.Errorf("%d outputs, the case has %d", len(declared), len(d.outputs))
	}
	for i, v := range declared {
		want, err := read(data, d.outputs[i], v)
		if err != nil {
			return err
		}
		if other != nil {
			if err := other.replace(want); err != nil {
				return err
			}
		}
		if err := compare(out[v.Name], want); err != nil {
			return fmt.Errorf("output %s: %w", v.Name, err)
		}
	}
	return nil
}

// input reads the inputs, which are in the order of the model's.
func (d dataSet) input(data fs.FS, s *runtime.Session) (runtime.Tensors, error) {
	declared := s.Inputs()
	in := runtime.Tensors{}
	if d.inputs == nil {
		for _, v := range declared {
			in[v.Name] = ramp(v.Shape)
		}
		return in, nil
	}
	if len(declared) != len(d.inputs) {
		return nil, fmt.Errorf("%d inputs, the case has %d", len(declared), len(d.inputs))
	}
	for i, v := range declared {
		t, err := read(data, d.inputs[i], v)
		if err != nil {
			return nil, err
		}
		in[v.Name] = t
	}
	return in, nil
}

// ramp is the input that the recorded outputs of the light models belong to:
// i/n for the n elements, and 1 for dimensions left open.
func ramp(shape tensor.Shape) *tensor.Tensor {
	shape = shape.Clone()
	for i, d := range shape {
		if d == tensor.Unknown {
			shape[i] = 1
		}
	}
	t := tensor.New(tensor.Float32, shape...)
	x := tensor.Data[float32](t)
	for i := range x {
		x[i] = float32(float64(i) / float64(len(x)))
	}
	return t
}
