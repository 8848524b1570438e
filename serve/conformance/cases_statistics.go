package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/url"
)

const (
	statistics  = "statistics"
	statSection = "Statistics Extension"
)

var statisticsCases = []testCase{
	{statistics, "of all models", statSection, statistics, func(ctx context.Context, s *suite) error {
		list, err := s.stats(ctx, "v2/models/stats")
		if err != nil {
			return err
		}
		for _, m := range list {
			if m["name"] == s.Model {
				return nil
			}
		}
		return fmt.Errorf("%d models, demanded %q among them", len(list), s.Model)
	}},
	{statistics, "of a model", statSection, statistics, statField("name", isText)},
	{statistics, "when the last inference was", statSection, statistics, statField("last_inference", isCount)},
	{statistics, "how many inferences there were", statSection, statistics, statField("inference_count", isCount)},
	{statistics, "how many executions there were", statSection, statistics, statField("execution_count", isCount)},
	{statistics, "durations of all kinds, each with count and ns", statSection, statistics, statField("inference_stats", func(v any) error {
		all, ok := v.(map[string]any)
		if !ok {
			return fmt.Errorf("%s, demanded an object", show(v))
		}
		for _, name := range []string{"success", "fail", "queue", "compute_input", "compute_infer", "compute_output"} {
			if err := isDuration(all[name]); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	})},
	{statistics, "a list of batch sizes", statSection, statistics, statField("batch_stats", func(v any) error {
		list, ok := v.([]any)
		if !ok {
			return fmt.Errorf("%s, demanded an array", show(v))
		}
		for _, e := range list {
			batch, _ := e.(map[string]any)
			if err := isCount(batch["batch_size"]); err != nil {
				return fmt.Errorf("batch_size: %w", err)
			}
			if err := isDuration(batch["compute_infer"]); err != nil {
				return fmt.Errorf("compute_infer: %w", err)
			}
		}
		return nil
	})},
	{statistics, "an inference is counted once", statSection, statistics, func(ctx context.Context, s *suite) error {
		before, err := s.counted(ctx, "success", "count")
		if err != nil {
			return err
		}
		if _, err := s.infer(ctx, s.request(nil)); err != nil {
			return err
		}
		after, err := s.counted(ctx, "success", "count")
		if err != nil {
			return err
		}
		return equal("success", after-before, after-before == 1, "one more (nobody else may call the server meanwhile)")
	}},
	{statistics, "an inference takes time", statSection, statistics, func(ctx context.Context, s *suite) error {
		before, err := s.counted(ctx, "compute_infer", "ns")
		if err != nil {
			return err
		}
		if _, err := s.infer(ctx, s.request(nil)); err != nil {
			return err
		}
		after, err := s.counted(ctx, "compute_infer", "ns")
		if err != nil {
			return err
		}
		return equal("compute_infer", after-before, after > before, "more nanoseconds")
	}},
	{statistics, "of a version", statSection, statistics, func(ctx context.Context, s *suite) error {
		version, err := s.version()
		if err != nil {
			return err
		}
		list, err := s.stats(ctx, s.path("/versions/"+url.PathEscape(version)+"/stats"))
		if err != nil {
			return err
		}
		return equal("versions", len(list), len(list) == 1 && list[0]["version"] == version, "that one")
	}},
	{statistics, "of a model that is not there are an error", statSection + ", errors", statistics, refusesGet("v2/models/mixconv_no_such_model/stats")},
}

// stats are the statistics at path.
func (s *suite) stats(ctx context.Context, path string) ([]map[string]any, error) {
	var all struct {
		Models []map[string]any `json:"model_stats"`
	}
	if err := s.getJSON(ctx, path, &all); err != nil {
		return nil, err
	}
	if len(all.Models) == 0 {
		return nil, errors.New("no model_stats")
	}
	return all.Models, nil
}

// statField demands something of a field of the model's statistics, after a run.
func statField(name string, is func(v any) error) func(context.Context, *suite) error {
	return func(ctx context.Context, s *suite) error {
		if _, err := s.infer(ctx, s.request(nil)); err != nil {
			return err
		}
		list, err := s.stats(ctx, s.path("/stats"))
		if err != nil {
			return err
		}
		if err := is(list[0][name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
}

func isDuration(v any) error {
	d, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("%s, demanded an object with count and ns", show(v))
	}
	if err := isCount(d["count"]); err != nil {
		return fmt.Errorf("count: %w", err)
	}
	if err := isCount(d["ns"]); err != nil {
		return fmt.Errorf("ns: %w", err)
	}
	return nil
}

// counted is a number of the model's durations, all versions together.
func (s *suite) counted(ctx context.Context, kind, field string) (sum float64, err error) {
	list, err := s.stats(ctx, s.path("/stats"))
	if err != nil {
		return 0, err
	}
	for _, m := range list {
		all, _ := m["inference_stats"].(map[string]any)
		one, _ := all[kind].(map[string]any)
		n, ok := one[field].(float64)
		if !ok {
			return 0, fmt.Errorf("inference_stats has no %s.%s", kind, field)
		}
		sum += n
	}
	return sum, nil
}
