// Command mixconv-onnxgo runs an ONNX model in onnx-go, on its backend
// gorgonnx, for `mixconv verify --ref onnx-go`.
//
//	mixconv-onnxgo MODEL.onnx INPUTS.npz OUTPUTS.npz
//
// INPUTS has a float32 array for each of the model's inputs, by name; OUTPUTS
// gets one for each output. If that cannot be, the exit code is 3 and stderr
// has what onnx-go said in one line. Its engine panics on some models, also in
// goroutines of its own, which ends the program with code 2: the reason for a
// program of its own.
package main

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	onnx "github.com/owulveryck/onnx-go"
	"github.com/owulveryck/onnx-go/backend/x/gorgonnx"
	"gorgonia.org/tensor"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: mixconv-onnxgo MODEL.onnx INPUTS.npz OUTPUTS.npz")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, strings.Join(strings.Fields(err.Error()), " "))
		os.Exit(3)
	}
}

// run lets onnx-go compute the outputs of a model.
func run(model, inputs, outputs string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	data, err := os.ReadFile(model)
	if err != nil {
		return err
	}
	engine := gorgonnx.NewGraph()
	m := onnx.NewModel(engine)
	if err := m.UnmarshalBinary(data); err != nil {
		return err
	}
	if err := feed(m, inputs); err != nil {
		return err
	}
	if err := engine.Run(); err != nil {
		return err
	}
	return write(engine, m, outputs)
}

// suffix stands behind an array's name in an .npz.
const suffix = ".npy"

// feed gives each array of an .npz to the model's value of that name.
func feed(m *onnx.Model, path string) error {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return err
	}
	defer archive.Close()
	for _, member := range archive.File {
		name := strings.TrimSuffix(member.Name, suffix)
		node, ok := m.GetNodeByName(name)
		if !ok {
			return fmt.Errorf("the model has no value %q", name)
		}
		f, err := member.Open()
		if err != nil {
			return err
		}
		array := new(tensor.Dense)
		err = errors.Join(array.ReadNpy(bufio.NewReader(f)), f.Close())
		if err == nil && array.Dtype() != tensor.Float32 {
			err = fmt.Errorf("%v, allowed float32", array.Dtype())
		}
		if err == nil {
			err = node.(onnx.DataCarrier).SetTensor(array)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// write writes the model's outputs as an .npz.
func write(engine *gorgonnx.Graph, m *onnx.Model, path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	archive := zip.NewWriter(f)
	for _, id := range m.Output {
		node := engine.Node(id).(*gorgonnx.Node)
		result, ok := node.GetTensor().(*tensor.Dense)
		if !ok {
			return fmt.Errorf("output %s is a %T", node.GetName(), node.GetTensor())
		}
		member, err := archive.CreateHeader(&zip.FileHeader{Name: node.GetName() + suffix})
		if err == nil {
			err = writeArray(member, result)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", node.GetName(), err)
		}
	}
	return errors.Join(archive.Close(), f.Close())
}

func writeArray(w io.Writer, t *tensor.Dense) error {
	b := bufio.NewWriter(w)
	return errors.Join(t.WriteNpy(b), b.Flush())
}
