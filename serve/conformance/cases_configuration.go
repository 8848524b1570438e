package conformance

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

const (
	configuration          = "model configuration"
	configurationExtension = "model_configuration"
	configSection          = "Model Configuration Extension"
)

var configurationCases = []testCase{
	{configuration, "has the model's name", configSection, configurationExtension, configField("name", func(s *suite, v any) error {
		return equal("name", show(v), v == s.Model, s.Model)
	})},
	{configuration, "says how large a batch may be", configSection, configurationExtension, configField("max_batch_size", func(_ *suite, v any) error { return isCount(v) })},
	{configuration, "has the inputs of the metadata", configSection, configurationExtension, configField("input", func(s *suite, v any) error {
		return areConfigured(v, s.model.Inputs)
	})},
	{configuration, "has the outputs of the metadata", configSection, configurationExtension, configField("output", func(s *suite, v any) error {
		return areConfigured(v, s.model.Outputs)
	})},
	{configuration, "of a version is that of the model", configSection, configurationExtension, func(ctx context.Context, s *suite) error {
		version, err := s.version()
		if err != nil {
			return err
		}
		return field(s.path("/versions/"+url.PathEscape(version)+"/config"), "name", isText)(ctx, s)
	}},
	{configuration, "of a model that is not there is an error", configSection + ", errors", configurationExtension, refusesGet("v2/models/mixconv_no_such_model/config")},
}

func configField(name string, is func(s *suite, v any) error) func(context.Context, *suite) error {
	return func(ctx context.Context, s *suite) error {
		return field(s.path("/config"), name, func(v any) error { return is(s, v) })(ctx, s)
	}
}

// configType is the configuration's name of a data type.
func configType(datatype string) string {
	if datatype == "BYTES" {
		return "TYPE_STRING"
	}
	return "TYPE_" + strings.ToUpper(datatype)
}

// areConfigured demands the tensors of the metadata, in their order. dims may leave the
// batch out.
func areConfigured(v any, want []tensorMetadata) error {
	list, ok := v.([]any)
	if !ok || len(list) != len(want) {
		return fmt.Errorf("%s, demanded %d tensors", show(v), len(want))
	}
	for i, e := range list {
		t, _ := e.(map[string]any)
		if t["name"] != want[i].Name || t["data_type"] != configType(want[i].Datatype) {
			return fmt.Errorf("%s, demanded %s %s", show(e), want[i].Name, configType(want[i].Datatype))
		}
		dims, ok := t["dims"].([]any)
		if n := len(want[i].Shape); !ok || len(dims) != n && len(dims) != n-1 {
			return fmt.Errorf("%s has dims %s, demanded those of %v", want[i].Name, show(t["dims"]), want[i].Shape)
		}
	}
	return nil
}
