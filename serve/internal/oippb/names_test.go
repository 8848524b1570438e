package oippb

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// TestNames: protobuf keeps one registry of file and message names, and a name that is
// registered twice ends the program before main. So nothing here has the protocol's names:
// a program may link KServe's or Triton's stubs, too.
func TestNames(t *testing.T) {
	file := File_github_com_mixconv_mixconv_serve_internal_oippb_oip_proto
	if !strings.HasPrefix(file.Path(), "github.com/mixconv/mixconv/") || file.Package() != "mixconv.oip.v1" {
		t.Errorf("registered as %s, package %s", file.Path(), file.Package())
	}
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		if name := f.Package(); name == "inference" || name == "grpc.health.v1" {
			t.Errorf("%s is of package %s", f.Path(), name)
		}
		return true
	})
}
