package conformance

import (
	"context"
	"fmt"
	"math"
	"net/url"
)

const metadata = "metadata"

var metadataCases = []testCase{
	{metadata, "the server's metadata is JSON", "REST: Server Metadata", "", jsonType("v2")},
	{metadata, "the server has a name", "REST: Server Metadata Response", "", field("v2", "name", isText)},
	{metadata, "the server has a version", "REST: Server Metadata Response", "", field("v2", "version", isText)},
	{metadata, "the server lists its extensions", "REST: Server Metadata Response", "", field("v2", "extensions", isTextList)},
	{metadata, "the model's metadata is JSON", "REST: Model Metadata", "", ofModel("", jsonType)},
	{metadata, "the model has the name that it is asked by", "REST: Model Metadata Response", "", func(_ context.Context, s *suite) error {
		if s.model.Name != s.Model {
			return fmt.Errorf("name %q, demanded %q", s.model.Name, s.Model)
		}
		return nil
	}},
	{metadata, "the model's versions, if any, are strings", "REST: Model Metadata Response", "", modelField("versions", func(v any) error {
		if v == nil {
			return &inapplicable{"the model has no versions"}
		}
		return isTextList(v)
	})},
	{metadata, "the model has a platform", "REST: Model Metadata Response", "", modelField("platform", isText)},
	{metadata, "inputs have a name, a type and a shape", "REST: Model Metadata Response", "", modelField("inputs", areTensors)},
	{metadata, "outputs have a name, a type and a shape", "REST: Model Metadata Response", "", modelField("outputs", areTensors)},
	{metadata, "a version has its model's metadata", "REST: Model Metadata", "", func(ctx context.Context, s *suite) error {
		version, err := s.version()
		if err != nil {
			return err
		}
		var m modelMetadata
		if err := s.getJSON(ctx, s.path("/versions/"+url.PathEscape(version)), &m); err != nil {
			return err
		}
		if m.Name != s.Model || len(m.Inputs) != len(s.model.Inputs) {
			return fmt.Errorf("name %q and %d inputs, demanded %q and %d", m.Name, len(m.Inputs), s.Model, len(s.model.Inputs))
		}
		return nil
	}},
	{metadata, "a model that is not there is an error with a message", "REST: Model Metadata Error", "", refusesGet("v2/models/mixconv_no_such_model")},
	{metadata, "a version that is not there is an error with a message", "REST: Model Metadata Error", "", func(ctx context.Context, s *suite) error {
		return refusesGet(s.path("/versions/987654321"))(ctx, s)
	}},
	{metadata, "a name with special characters is an error with a message", "REST: Model Metadata Error", "", refusesGet("v2/models/" + url.PathEscape("no\nsuch/../model\"é"))},
}

// ofModel makes a case of a path below the model's.
func ofModel(rest string, make func(path string) func(context.Context, *suite) error) func(context.Context, *suite) error {
	return func(ctx context.Context, s *suite) error { return make(s.path(rest))(ctx, s) }
}

func jsonType(path string) func(context.Context, *suite) error {
	return func(ctx context.Context, s *suite) error {
		a, err := s.get(ctx, path)
		if err != nil {
			return err
		}
		return a.isJSON()
	}
}

func refusesGet(path string) func(context.Context, *suite) error {
	return func(ctx context.Context, s *suite) error {
		a, err := s.get(ctx, path)
		if err != nil {
			return err
		}
		return a.refused()
	}
}

// field demands something of a field of the object at path.
func field(path, name string, is func(v any) error) func(context.Context, *suite) error {
	return func(ctx context.Context, s *suite) error {
		var object map[string]any
		if err := s.getJSON(ctx, path, &object); err != nil {
			return err
		}
		if err := is(object[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
}

func modelField(name string, is func(v any) error) func(context.Context, *suite) error {
	return ofModel("", func(path string) func(context.Context, *suite) error { return field(path, name, is) })
}

func isText(v any) error {
	if text, ok := v.(string); !ok || text == "" {
		return fmt.Errorf("%s, demanded a string", show(v))
	}
	return nil
}

func isTextList(v any) error {
	list, ok := v.([]any)
	if !ok {
		return fmt.Errorf("%s, demanded an array of strings", show(v))
	}
	for _, e := range list {
		if err := isText(e); err != nil {
			return err
		}
	}
	return nil
}

func isCount(v any) error {
	if n, ok := v.(float64); !ok || n < 0 || n != math.Trunc(n) {
		return fmt.Errorf("%s, demanded a number from 0", show(v))
	}
	return nil
}

// areTensors demands what the text calls $metadata_tensor.
func areTensors(v any) error {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return fmt.Errorf("%s, demanded an array of tensors", show(v))
	}
	for _, e := range list {
		t, ok := e.(map[string]any)
		if !ok {
			return fmt.Errorf("%s, demanded an object", show(e))
		}
		if err := isText(t["name"]); err != nil {
			return fmt.Errorf("name: %w", err)
		}
		datatype, _ := t["datatype"].(string)
		if _, known := sizes[datatype]; !known {
			return fmt.Errorf("datatype %s, which the text has not", show(t["datatype"]))
		}
		if err := isShape(t["shape"]); err != nil {
			return fmt.Errorf("%s: %w", t["name"], err)
		}
	}
	return nil
}

func isShape(v any) error {
	list, ok := v.([]any)
	if !ok {
		return fmt.Errorf("shape %s, demanded an array", show(v))
	}
	for _, e := range list {
		if n, ok := e.(float64); !ok || n < -1 {
			return fmt.Errorf("shape has %s, demanded integers from -1", show(e))
		}
	}
	return nil
}

// show is a value as JSON has it.
func show(v any) string {
	return fmt.Sprintf("%.80s", encode(v))
}
