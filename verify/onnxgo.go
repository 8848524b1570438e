package verify

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/atomicfile"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/runtime"
)

// onnxGoCommand is a program of a module of its own: this one must not depend
// on onnx-go.
const onnxGoCommand = "mixconv-onnxgo"

// onnxGo is a Reference that runs in onnx-go on the same input.
type onnxGo struct{ command string }

// OnnxGo returns onnx-go as a reference: the program mixconv-onnxgo at command,
// or else at MIXCONV_ONNXGO, or else in PATH, runs the same model. A model that
// onnx-go cannot run is an UnavailableError with what it said; so is one that
// it is known to misread. It gives outputs only, no values inside the model.
func OnnxGo(command string) (Reference, error) {
	r := &onnxGo{command}
	if r.command == "" {
		r.command = os.Getenv("MIXCONV_ONNXGO")
	}
	if r.command == "" {
		r.command = onnxGoCommand
	}
	path, err := exec.LookPath(r.command)
	switch {
	case err == nil:
		r.command = path
		return r, nil
	case r.command == onnxGoCommand:
		return nil, &UnavailableError{r.Name(), fmt.Sprintf(
			"needs %s, which neither --onnx-go, MIXCONV_ONNXGO nor PATH names: go install github.com/mixconv/mixconv/cmd/%[1]s@latest", onnxGoCommand)}
	}
	return nil, &UnavailableError{r.Name(), "no program at " + errs.Quote(r.command)}
}

func (r *onnxGo) Name() string                    { return "onnx-go" }
func (r *onnxGo) recorded() bool                  { return false }
func (r *onnxGo) inputs(*subject) runtime.Tensors { return nil }

func (r *onnxGo) answer(ctx context.Context, here *subject, in runtime.Tensors, _ []Picture) (answer, error) {
	if why := misreadByOnnxGo(here.model.Proto.GetGraph()); why != "" {
		return answer{}, &UnavailableError{r.Name(), why}
	}
	folder, err := os.MkdirTemp("", "mixconv-verify-")
	if err != nil {
		return answer{}, err
	}
	defer os.RemoveAll(folder)
	if err := here.model.EmbedData(); err != nil {
		return answer{}, err
	}
	model := filepath.Join(folder, "model.onnx")
	if err := here.model.WriteFile(model); err != nil {
		return answer{}, err
	}
	outputs, err := here.inPieces(in, func(piece runtime.Tensors) (runtime.Tensors, error) {
		return r.run(ctx, here, folder, model, piece)
	})
	return answer{values: &values{tensors: outputs}}, err
}

// run lets the program compute a model's outputs, in files in folder.
func (r *onnxGo) run(ctx context.Context, here *subject, folder, model string, in runtime.Tensors) (runtime.Tensors, error) {
	inputs, outputs := filepath.Join(folder, "inputs.npz"), filepath.Join(folder, "outputs.npz")
	if err := atomicfile.Write(inputs, func(w io.Writer) error { return npy.WriteArchive(w, in) }); err != nil {
		return nil, err
	}
	cmd := command(ctx, r.command, model, inputs, outputs)
	cmd.Env = append(os.Environ(), "GOTRACEBACK=none") // a panic is its message
	stderr := tail{}
	cmd.Stderr = &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, &UnavailableError{r.Name(), fmt.Sprintf("cannot run the model (%v)%s%s", err, stderr.lastLine(), groups(here.model.Proto.GetGraph()))}
	}
	arrays, err := npy.ReadArchive(outputs, here.options.Limits)
	if err != nil {
		return nil, notRun(ctx, r.Name(), err)
	}
	return arrays, nil
}

// misreadByOnnxGo says what onnx-go 0.5 would compute wrongly without a word,
// "" if nothing is known.
func misreadByOnnxGo(g *onnxpb.GraphProto) string {
	for _, n := range g.GetNode() {
		node := n.GetOpType() + " " + errs.Quote(strings.Join(n.GetOutput(), " "))
		pads := onnx.Attr(n, "pads").GetInts()
		if slices.ContainsFunc(pads, func(p int64) bool { return p != pads[0] }) {
			return fmt.Sprintf("misreads pads that are not all the same, %s has %v", node, pads)
		}
		for _, output := range g.GetOutput() {
			if slices.Contains(n.GetInput(), output.GetName()) {
				return fmt.Sprintf("gives no output that other nodes read, as %s does %s", node, errs.Quote(output.GetName()))
			}
		}
	}
	return ""
}

// groups explains what onnx-go says of grouped convolutions, that shapes do not
// fit; "" if there are none.
func groups(g *onnxpb.GraphProto) string {
	grouped := 0
	for _, n := range g.GetNode() {
		if n.GetOpType() == "Conv" && onnx.Attr(n, "group").GetI() > 1 {
			grouped++
		}
	}
	if grouped == 0 {
		return ""
	}
	return fmt.Sprintf("; its Conv knows no groups, %d of the model's have some", grouped)
}
