package main

import (
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/mixconv/mixconv/score"
)

// arrowFormat writes a part as an Arrow IPC file, which is also Feather's second version.
var arrowFormat = score.Format{Name: "arrow", Ending: ".arrow", Write: writeArrow}

func writeArrow(w io.Writer, rows []score.Row, kind score.Kind) error {
	schema := arrow.NewSchema(append([]arrow.Field{{Name: "key", Type: arrow.BinaryTypes.String}}, answerFields(kind)...), nil)
	keys := array.NewStringBuilder(memory.DefaultAllocator)
	defer keys.Release()
	for _, r := range rows {
		keys.Append(r.Key)
	}
	columns := append([]arrow.Array{keys.NewArray()}, answerColumns(rows, kind)...)
	record := array.NewRecordBatch(schema, columns, int64(len(rows)))
	for _, c := range columns {
		c.Release()
	}
	defer record.Release()
	out, err := ipc.NewFileWriter(w, ipc.WithSchema(schema))
	if err != nil {
		return err
	}
	if err := out.Write(record); err != nil {
		return err
	}
	return out.Close()
}

// answerFields are the columns with what is said of a picture: the same as in Parquet.
func answerFields(kind score.Kind) []arrow.Field {
	reason := arrow.Field{Name: "error", Type: arrow.BinaryTypes.String, Nullable: true}
	if kind != score.Top {
		return []arrow.Field{{Name: "values", Type: arrow.ListOfNonNullable(arrow.PrimitiveTypes.Float32)}, reason}
	}
	return []arrow.Field{
		{Name: "classes", Type: arrow.ListOfNonNullable(arrow.PrimitiveTypes.Int32)},
		{Name: "labels", Type: arrow.ListOfNonNullable(arrow.BinaryTypes.String)},
		{Name: "probabilities", Type: arrow.ListOfNonNullable(arrow.PrimitiveTypes.Float64)},
		{Name: "logits", Type: arrow.ListOfNonNullable(arrow.PrimitiveTypes.Float64)},
		reason,
	}
}

// answerColumns are the values of answerFields.
func answerColumns(rows []score.Row, kind score.Kind) (columns []arrow.Array) {
	fields := answerFields(kind)
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	list := func(i int) (*array.ListBuilder, array.Builder) {
		l := b.Field(i).(*array.ListBuilder)
		l.Append(true)
		return l, l.ValueBuilder()
	}
	for _, r := range rows {
		if kind == score.Top {
			_, classes := list(0)
			_, labels := list(1)
			_, probabilities := list(2)
			_, logits := list(3)
			for _, c := range r.Top {
				classes.(*array.Int32Builder).Append(int32(c.Index))
				if c.Label != "" {
					labels.(*array.StringBuilder).Append(c.Label)
				}
				probabilities.(*array.Float64Builder).Append(c.Probability)
				logits.(*array.Float64Builder).Append(c.Logit)
			}
		} else {
			_, values := list(0)
			values.(*array.Float32Builder).AppendValues(r.Values, nil)
		}
		why := b.Field(len(fields) - 1).(*array.StringBuilder)
		if r.Error == "" {
			why.AppendNull()
		} else {
			why.Append(r.Error)
		}
	}
	for i := range fields {
		columns = append(columns, b.Field(i).NewArray())
	}
	return columns
}
