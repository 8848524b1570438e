package oip

import (
	"cmp"
	"strconv"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/tensor"
)

// Classification turns an output into its k largest elements, largest first: BYTES
// [N,k], each VALUE:INDEX or VALUE:INDEX:LABEL. If batched is not set, all dimensions
// but the last are those of one picture too, and the result is [k].
func Classification(name string, t *tensor.Tensor, k int, batched bool, labels []string) (*tensor.Tensor, error) {
	rows := 1
	if batched && len(t.Shape) > 0 {
		rows = t.Shape[0]
	}
	classes := t.Elements() / max(rows, 1)
	k = min(k, classes)
	list := make([]string, 0, rows*k)
	for i := range rows {
		from, to := i*classes, (i+1)*classes
		switch data := t.Data.(type) {
		case []float32:
			list = best(list, data[from:to], k, labels, func(v float32) string { return strconv.FormatFloat(float64(v), 'f', 6, 32) })
		case []float64:
			list = best(list, data[from:to], k, labels, func(v float64) string { return strconv.FormatFloat(v, 'f', 6, 64) })
		case []int8:
			list = bestInts(list, data[from:to], k, labels)
		case []uint8:
			list = bestInts(list, data[from:to], k, labels)
		case []int32:
			list = bestInts(list, data[from:to], k, labels)
		case []int64:
			list = bestInts(list, data[from:to], k, labels)
		default:
			return nil, Invalidf("output %s: classification of %s, allowed are FP32, FP64, INT8, UINT8, INT32 and INT64", errs.Quote(name), Datatype(t.DType))
		}
	}
	if !batched {
		return tensor.Of(list, k), nil
	}
	return tensor.Of(list, rows, k), nil
}

func bestInts[T int8 | uint8 | int32 | int64](list []string, row []T, k int, labels []string) []string {
	return best(list, row, k, labels, func(v T) string { return strconv.FormatInt(int64(v), 10) })
}

func best[T cmp.Ordered](list []string, row []T, k int, labels []string, text func(T) string) []string {
	for _, i := range preprocess.Top(row, k) {
		s := text(row[i]) + ":" + strconv.Itoa(i)
		if i < len(labels) {
			s += ":" + labels[i]
		}
		list = append(list, s)
	}
	return list
}
