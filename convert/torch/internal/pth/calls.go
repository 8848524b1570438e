package pth

import (
	"fmt"

	"github.com/mixconv/mixconv/convert/torch/internal/pickle"
	"github.com/mixconv/mixconv/errs"
)

// rebuilders are the functions that a pickle of weights calls: each makes what
// the Python function of that name returns.
var rebuilders = map[string]func(pickle.Tuple) (any, error){
	"torch._utils._rebuild_tensor":               rebuildTensor,
	"torch._utils._rebuild_tensor_v2":            rebuildTensorV2,
	"torch._utils._rebuild_tensor_v3":            rebuildTensorV3,
	"torch._utils._rebuild_parameter":            rebuildParameter,
	"torch._utils._rebuild_parameter_with_state": rebuildParameterWithState,
	"collections.OrderedDict":                    emptyDict,
	"collections.defaultdict":                    emptyDict,
	"torch.Size":                                 size,
}

// opaque are the functions and classes whose results trainers keep beside the
// weights (arguments, metrics, state of random number generators and of
// learning rate schedules). Nobody looks into those: an object stands for each.
var opaque = set(
	"argparse.Namespace", "types.SimpleNamespace",
	"numpy.dtype", "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar",
	"numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct",
	"numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer",
	"_codecs.encode", "collections.Counter",
	"builtins.set", "builtins.frozenset", "builtins.bytearray", "builtins.complex", "builtins.slice", "builtins.range",
	"__builtin__.set", "__builtin__.frozenset", "__builtin__.bytearray", "__builtin__.complex", "__builtin__.slice", "__builtin__.xrange",
	"pathlib.Path", "pathlib.PosixPath", "pathlib.PurePosixPath", "pathlib.WindowsPath", "pathlib.PureWindowsPath",
	"pathlib._local.PosixPath", "pathlib._local.PurePosixPath", "pathlib._local.WindowsPath", "pathlib._local.PureWindowsPath",
	"torch.device", "torch.serialization._get_layout",
)

// instances are those that NEWOBJ may make: classes without a __new__ of their
// own.
var instances = set("argparse.Namespace", "types.SimpleNamespace")

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// call is Call of pickle.Env. What is in no table is refused.
func call(g pickle.Global, args pickle.Tuple, newObj bool) (any, error) {
	name := g.String()
	if newObj {
		if !instances[name] {
			return nil, fmt.Errorf("would make an object of %s: refused, allowed are tensors and plain values (save a state_dict, not a model)", errs.Quote(name))
		}
		return &pickle.Object{Of: g}, nil
	}
	if rebuild, ok := rebuilders[name]; ok {
		v, err := rebuild(args)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return v, nil
	}
	if opaque[name] {
		return &pickle.Object{Of: g}, nil
	}
	return nil, fmt.Errorf("would call %s: refused, allowed are the functions that rebuild tensors and plain values", errs.Quote(name))
}

func wantArgs(args pickle.Tuple, least, most int) error {
	if len(args) < least || len(args) > most {
		return fmt.Errorf("%d arguments, allowed %d to %d", len(args), least, most)
	}
	return nil
}

// emptyDict makes the dictionary that the opcodes after it fill. A
// defaultdict's argument makes its missing values, and none is missing here.
func emptyDict(args pickle.Tuple) (any, error) {
	if err := wantArgs(args, 0, 1); err != nil {
		return nil, err
	}
	if len(args) == 1 {
		if _, ok := args[0].(pickle.Global); !ok && args[0] != nil {
			return nil, fmt.Errorf("made from %s, allowed is an empty one", pickle.TypeName(args[0]))
		}
	}
	return &pickle.Dict{}, nil
}

func size(args pickle.Tuple) (any, error) {
	if err := wantArgs(args, 1, 1); err != nil {
		return nil, err
	}
	dims, ok := args[0].(pickle.Tuple)
	if !ok {
		return nil, fmt.Errorf("made from %s, allowed is a tuple", pickle.TypeName(args[0]))
	}
	return dims, nil
}

// rebuildTensor has the arguments storage, offset, size, stride.
func rebuildTensor(args pickle.Tuple) (any, error) {
	if err := wantArgs(args, 4, 4); err != nil {
		return nil, err
	}
	return newTensor(args[0], args[1], args[2], args[3], 0)
}

// rebuildTensorV2 has those of rebuildTensor and requires_grad,
// backward_hooks, metadata.
func rebuildTensorV2(args pickle.Tuple) (any, error) {
	if err := wantArgs(args, 6, 7); err != nil {
		return nil, err
	}
	if len(args) == 7 {
		if err := plainMetadata(args[6]); err != nil {
			return nil, err
		}
	}
	return newTensor(args[0], args[1], args[2], args[3], 0)
}

// rebuildTensorV3 has those of rebuildTensor and requires_grad,
// backward_hooks, dtype, metadata. The storage is untyped.
func rebuildTensorV3(args pickle.Tuple) (any, error) {
	if err := wantArgs(args, 7, 8); err != nil {
		return nil, err
	}
	if len(args) == 8 {
		if err := plainMetadata(args[7]); err != nil {
			return nil, err
		}
	}
	d, ok := elementType(args[6])
	if !ok {
		return nil, fmt.Errorf("the tensor's element type is %s, allowed are torch's of whole bytes", pickle.TypeName(args[6]))
	}
	return newTensor(args[0], args[1], args[2], args[3], d)
}

// plainMetadata refuses a tensor that is to be negated or conjugated when it
// is read: the only two things that torch keeps there.
func plainMetadata(v any) error {
	switch v := v.(type) {
	case nil:
		return nil
	case *pickle.Dict:
		for _, e := range v.Entries {
			if e.Value != false {
				return fmt.Errorf("the tensor is marked %q, allowed is a plain one", fmt.Sprint(keyText(e.Key)))
			}
		}
		return nil
	}
	return fmt.Errorf("the tensor's metadata is %s, allowed is a dictionary", pickle.TypeName(v))
}

func keyText(key any) string {
	if s, ok := key.(string); ok {
		return s
	}
	return pickle.TypeName(key)
}

// rebuildParameter has the arguments data, requires_grad, backward_hooks.
func rebuildParameter(args pickle.Tuple) (any, error) {
	return parameter(args, 3)
}

// rebuildParameterWithState has one more: the parameter's Python attributes.
func rebuildParameterWithState(args pickle.Tuple) (any, error) {
	return parameter(args, 4)
}

func parameter(args pickle.Tuple, n int) (any, error) {
	if err := wantArgs(args, n, n); err != nil {
		return nil, err
	}
	t, ok := args[0].(*Tensor)
	if !ok {
		return nil, fmt.Errorf("a parameter of %s, allowed is a tensor", pickle.TypeName(args[0]))
	}
	return t, nil
}
