package main

import (
	"io"

	"github.com/mixconv/mixconv/score"
	"github.com/parquet-go/parquet-go"
)

// parquetFormat writes a part as a Parquet file with Snappy's compression. Of a picture
// without an answer the lists are empty and error says why; else error is null.
var parquetFormat = score.Format{Name: "parquet", Ending: ".parquet", Write: writeParquet}

// topRow is a row of kind top.
type topRow struct {
	Key           string    `parquet:"key"`
	Classes       []int32   `parquet:"classes,list"`
	Labels        []string  `parquet:"labels,list"` // empty if the model has none
	Probabilities []float64 `parquet:"probabilities,list"`
	Logits        []float64 `parquet:"logits,list"`
	Error         *string   `parquet:"error,optional"`
}

// valuesRow is a row of kind logits or features.
type valuesRow struct {
	Key    string    `parquet:"key"`
	Values []float32 `parquet:"values,list"`
	Error  *string   `parquet:"error,optional"`
}

func writeParquet(w io.Writer, rows []score.Row, kind score.Kind) error {
	if kind == score.Top {
		return writeRows(w, rows, func(r score.Row) topRow {
			one := topRow{Key: r.Key, Error: reason(r)}
			for _, c := range r.Top {
				one.Classes = append(one.Classes, int32(c.Index))
				one.Probabilities = append(one.Probabilities, c.Probability)
				one.Logits = append(one.Logits, c.Logit)
				if c.Label != "" {
					one.Labels = append(one.Labels, c.Label)
				}
			}
			return one
		})
	}
	return writeRows(w, rows, func(r score.Row) valuesRow { return valuesRow{r.Key, r.Values, reason(r)} })
}

func reason(r score.Row) *string {
	if r.Error == "" {
		return nil
	}
	return &r.Error
}

func writeRows[T any](w io.Writer, rows []score.Row, convert func(score.Row) T) error {
	out := parquet.NewGenericWriter[T](w, parquet.Compression(&parquet.Snappy))
	list := make([]T, len(rows))
	for i, r := range rows {
		list[i] = convert(r)
	}
	if _, err := out.Write(list); err != nil {
		return err
	}
	return out.Close()
}
