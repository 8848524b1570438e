package eval

// negativeLogLikelihood is −w[label] · x[label] for every label, or their sum,
// or the mean that the weights give. Labels to ignore have the weight 0.
func negativeLogLikelihood(r *run) error {
	x, err := r.floats(r.in[0])
	if err != nil {
		return err
	}
	return r.likelihood(x)
}

// softmaxCrossEntropy is the same of the scores' log softmax, which is its
// second output.
func softmaxCrossEntropy(r *run) error {
	x, err := r.floats(r.in[0])
	if err != nil {
		return err
	}
	logs, err := r.scratch(len(x))
	if err != nil {
		return err
	}
	classes := rowsOver(r.in[0].Shape, axisOnly(1, len(r.in[0].Shape)))
	err = eachRow(r, classes, x, func(_ int, row []float64, at []int) error {
		if len(row) == 0 { // no classes: labels are all to ignore
			return nil
		}
		logNormalise(r, row)
		for k, v := range row {
			logs[at[k]] = v
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(r.out) > 1 {
		store(r.out[1], 0, 1, logs)
	}
	return r.likelihood(logs)
}

func (r *run) likelihood(x []float64) error {
	weights, err := r.optional(2)
	if err != nil {
		return err
	}
	labels, _ := integers(r.in[1])
	ignore, ignoring := r.Attrs.Int("ignore_index", 0), r.Attrs.Has("ignore_index")
	reduction := r.Attrs.String("reduction", "mean")
	classes := rowsOver(r.in[0].Shape, axisOnly(1, len(r.in[0].Shape)))
	var sum, weight float64
	err = eachRow(r, classes, x, func(i int, row []float64, _ []int) error {
		loss, w := 0.0, 0.0
		if label := labels[i]; !ignoring || label != ignore {
			if w = 1; weights != nil {
				w = weights[label]
			}
			loss = -row[label] * w
		}
		if reduction == "none" {
			store(r.out[0], i, 1, []float64{loss})
		}
		sum, weight = sum+loss, weight+w
		return nil
	})
	if err != nil || reduction == "none" {
		return err
	}
	if reduction == "mean" {
		sum /= weight
	}
	store(r.out[0], 0, 1, []float64{sum})
	return nil
}
