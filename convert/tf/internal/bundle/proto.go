package bundle

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/mixconv/mixconv/convert/tf/internal/tftype"
	"github.com/mixconv/mixconv/convert/tf/internal/wire"
	"github.com/mixconv/mixconv/errs"
)

// version is the format's that this package reads: TensorFlow's
// kTensorBundleVersion.
const version = 1

// maxShards is what the file names have digits for.
const maxShards = 99999

// parseHeader reads a BundleHeaderProto and returns the number of shards.
// Offsets in the index are the block's, for a block may be compressed.
func parseHeader(value []byte, block int64) (shards int, err error) {
	fail := func(format string, args ...any) error { return errs.FormatAt(block, "header", format, args...) }
	var count, endianness, minConsumer int32
	var seen wire.Once
	err = wire.Fields(value, 0, func(f wire.Field) (err error) {
		switch f.Number {
		case 1:
			count, err = f.Int32()
		case 2:
			endianness, err = f.Int32()
		case 3:
			minConsumer, err = parseVersion(f)
		default:
			return fail("unknown field %d", f.Number)
		}
		if err != nil {
			return err
		}
		return seen.Check(f)
	})
	switch {
	case err != nil:
		return 0, fail("%w", err)
	case count < 1 || count > maxShards:
		return 0, fail("num_shards is %d, allowed 1 to %d", count, maxShards)
	case endianness != 0:
		return 0, fail("endianness is %d, allowed 0 (little)", endianness)
	case minConsumer > version:
		return 0, fail("min_consumer is %d: the checkpoint wants a reader of that version, this one has %d", minConsumer, version)
	}
	return int(count), nil
}

// parseVersion reads a VersionDef and returns min_consumer, or, if bad_consumers
// lists this reader's version, one above it.
func parseVersion(f wire.Field) (minConsumer int32, err error) {
	bad := false
	err = f.Message(func(f wire.Field) error {
		switch f.Number {
		case 1:
			_, err := f.Int32()
			return err
		case 2:
			minConsumer, err = f.Int32()
			return err
		case 3: // bad_consumers, packed or not
			if f.Type == protowire.VarintType {
				bad = bad || f.Value == version
				return nil
			}
			if err := f.Want(protowire.BytesType); err != nil {
				return err
			}
			for b := f.Bytes; len(b) > 0; {
				v, n := protowire.ConsumeVarint(b)
				if n < 0 {
					return errs.Format("protobuf", "bad_consumers is malformed")
				}
				bad = bad || v == version
				b = b[n:]
			}
			return nil
		}
		return errs.Format("version", "unknown field %d", f.Number)
	})
	if bad {
		minConsumer = version + 1
	}
	return minConsumer, err
}

// parseEntry reads a BundleEntryProto.
func parseEntry(e *Entry, value []byte) error {
	var seen wire.Once
	return wire.Fields(value, 0, func(f wire.Field) (err error) {
		switch f.Number {
		case 1:
			var v int32
			v, err = f.Int32()
			e.Type = tftype.Type(v)
		case 2:
			e.Shape, err = wire.Shape(f)
		case 3:
			var v int32
			v, err = f.Int32()
			e.shard = int(v)
		case 4:
			e.offset, err = f.Int64()
		case 5:
			e.size, err = f.Int64()
		case 6:
			err = f.Want(protowire.Fixed32Type)
			e.crc = uint32(f.Value)
		case 7:
			e.sliced = true
			return f.Want(protowire.BytesType)
		default:
			return errs.Format("", "unknown field %d", f.Number)
		}
		if err != nil {
			return err
		}
		return seen.Check(f)
	})
}
