package wire

import (
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/tensor"
)

// Shape reads a TensorShapeProto of known rank. A dimension may be -1.
func Shape(f Field) ([]int64, error) {
	dims := []int64{}
	err := f.Message(func(f Field) error {
		switch f.Number {
		case 2:
			size, err := parseDim(f)
			if len(dims) == tensor.MaxRank {
				return errs.Format("shape", "more than %d dimensions", tensor.MaxRank)
			}
			dims = append(dims, size)
			return err
		case 3:
			if unknown, err := f.Bool(); err != nil || !unknown {
				return err
			}
			return errs.Format("shape", "of unknown rank")
		}
		return errs.Format("shape", "unknown field %d", f.Number)
	})
	return dims, err
}

func parseDim(f Field) (size int64, err error) {
	var seen Once
	err = f.Message(func(f Field) error {
		var err error
		switch f.Number {
		case 1:
			size, err = f.Int64()
		case 2:
			_, err = f.Text()
		default:
			return errs.Format("shape", "unknown field %d of a dimension", f.Number)
		}
		if err != nil {
			return err
		}
		return seen.Check(f)
	})
	return size, err
}
